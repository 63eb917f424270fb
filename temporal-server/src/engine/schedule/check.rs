//! What requests about schedules must and may say, and what is filled in for what they leave out. The texts of
//! refusals are the real service's.

use std::time::Duration;

use temporal_protos::common::{Memo, SearchAttributes};
use temporal_protos::enums::{ScheduleOverlapPolicy as Policy, TaskQueueKind};
use temporal_protos::schedule::schedule_action::Action as ProtoAction;
use temporal_protos::schedule::{
    Schedule as ProtoSchedule, ScheduleAction, SchedulePatch, SchedulePolicies, ScheduleSpec,
};
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::StartWorkflowExecutionRequest;

use super::spec::Spec;
use super::start::start_request;
use super::{ID_PREFIX, Plan, overlap};
use crate::engine::Context;
use crate::engine::execution::start_check;
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time;
use crate::engine::visibility::{Query, is_reserved};

/// How late a missed action is taken, unless a schedule says otherwise; and at least.
const CATCHUP_WINDOW: Duration = Duration::from_secs(365 * 24 * 3600);
const LEAST_CATCHUP_WINDOW: Duration = Duration::from_secs(10);
/// Bytes of a note.
const MAX_NOTE: usize = 1000;
/// As long as what is appended to the id of a workflow, whatever the time.
const A_TIME: &str = "-2009-11-10T23:00:00Z";

/// Refuses a missing schedule id. What else is wrong with a request is said before it.
pub(crate) fn schedule_id(id: &str) -> Result<(), Refusal> {
    if id.is_empty() {
        return Err(Refusal::invalid(
            "Can't load workflow execution. WorkflowId not set.",
        ));
    }
    Ok(())
}

/// Refuses an over-long id for a schedule that is to be made. Elsewhere it is the id of no schedule.
pub(crate) fn new_schedule_id(limits: &Limits, id: &str) -> Result<(), Refusal> {
    let length = ID_PREFIX.len() + id.len();
    if length > limits.id_bytes {
        return Err(Refusal::invalid(format!(
            "WorkflowId exceeds maximum allowed length ({length}/{})",
            limits.id_bytes
        )));
    }
    Ok(())
}

/// Refuses an over-long request id.
pub(crate) fn request_id(limits: &Limits, id: &str) -> Result<(), Refusal> {
    if id.len() > limits.id_bytes {
        return Err(Refusal::invalid("RequestId length exceeds limit."));
    }
    Ok(())
}

/// A schedule as it is asked for, with what lists show of it.
pub(crate) struct Proposed {
    pub(crate) schedule: Option<ProtoSchedule>,
    pub(crate) memo: Option<Memo>,
    pub(crate) search_attributes: Option<SearchAttributes>,
}

/// Checks a schedule that is to be made: its spec first.
pub(crate) fn plan(
    ctx: &Context<'_>,
    namespace: &Namespace,
    mut proposed: Proposed,
) -> Result<Plan, Refusal> {
    let mut schedule = proposed.schedule.take().unwrap_or_default();
    let spec = checked_spec(schedule.spec.take())?;
    let action = checked_action(ctx, namespace, schedule.action.take())?;
    planned(ctx, namespace, (spec, action), schedule, proposed)
}

/// Checks a schedule that is to replace another: its action first, which it must have.
pub(crate) fn replacement(
    ctx: &Context<'_>,
    namespace: &Namespace,
    mut proposed: Proposed,
) -> Result<Plan, Refusal> {
    let mut schedule = proposed.schedule.take().unwrap_or_default();
    let action = checked_action(ctx, namespace, schedule.action.take())?;
    let spec = checked_spec(schedule.spec.take())?;
    let plan = planned(ctx, namespace, (spec, action), schedule, proposed)?;
    if plan.action.is_none() {
        return Err(Refusal::invalid(
            "Only StartWorkflow action is supported for schedules",
        ));
    }
    Ok(plan)
}

/// What is left of a check once spec and action are good.
fn planned(
    ctx: &Context<'_>,
    namespace: &Namespace,
    (spec, action): (Spec, Option<NewWorkflowExecutionInfo>),
    schedule: ProtoSchedule,
    proposed: Proposed,
) -> Result<Plan, Refusal> {
    start_check::check_sizes(ctx.limits, None, proposed.memo.as_ref())?;
    Ok(Plan {
        spec,
        action,
        policies: filled(schedule.policies.unwrap_or_default()),
        state: schedule.state.unwrap_or_default(),
        memo: proposed.memo,
        search_attributes: typed(ctx, namespace, proposed.search_attributes)?,
    })
}

/// Checks a patch.
pub(crate) fn patch(
    limits: &Limits,
    patch: Option<SchedulePatch>,
    id: &str,
) -> Result<SchedulePatch, Refusal> {
    let patch = patch.ok_or_else(|| Refusal::invalid("Patch is not set on request."))?;
    request_id(limits, id)?;
    if patch.pause.len() > MAX_NOTE || patch.unpause.len() > MAX_NOTE {
        return Err(Refusal::invalid("Schedule notes exceeds limit."));
    }
    Ok(patch)
}

/// Schedules are searched by their id, whether they are paused, and what their namespace defined.
pub(crate) fn query(query: &Query) -> Result<(), Refusal> {
    let reserved = |name: &&String| is_reserved(name) && *name != "TemporalSchedulePaused";
    match query.columns().iter().find(reserved) {
        Some(name) => Err(Refusal::invalid(format!(
            "invalid query filter for schedules: cannot filter on {name:?}"
        ))),
        None => Ok(()),
    }
}

fn checked_spec(spec: Option<ScheduleSpec>) -> Result<Spec, Refusal> {
    Spec::new(spec.unwrap_or_default())
        .map_err(|error| Refusal::invalid(format!("Invalid schedule spec: {error}")))
}

/// What would be refused when the workflow is started is refused at once, but for its retry policy.
fn checked_action(
    ctx: &Context<'_>,
    namespace: &Namespace,
    action: Option<ScheduleAction>,
) -> Result<Option<NewWorkflowExecutionInfo>, Refusal> {
    let Some(ProtoAction::StartWorkflow(mut action)) = action.and_then(|action| action.action)
    else {
        return Ok(None);
    };
    if !action.cron_schedule.is_empty() {
        return Err(Refusal::invalid(
            "Scheduled workflow must not contain CronSchedule",
        ));
    }
    use temporal_protos::enums::WorkflowIdReusePolicy as Reuse;
    let reuse = Reuse::try_from(action.workflow_id_reuse_policy).unwrap_or(Reuse::Unspecified);
    if !matches!(reuse, Reuse::Unspecified | Reuse::AllowDuplicate) {
        return Err(Refusal::invalid(
            "Scheduled workflow must not contain WorkflowIDReusePolicy",
        ));
    }
    let request = StartWorkflowExecutionRequest {
        workflow_id: format!("{}{A_TIME}", action.workflow_id),
        retry_policy: None,
        ..start_request(action.clone())
    };
    start_check::new_run(ctx, namespace, request)?;
    action.search_attributes = typed(ctx, namespace, action.search_attributes)?;
    if let Some(queue) = &mut action.task_queue {
        queue.kind = TaskQueueKind::Normal.into();
    }
    Ok(Some(action))
}

/// Search attributes with their types, as descriptions show them.
fn typed(
    ctx: &Context<'_>,
    namespace: &Namespace,
    given: Option<SearchAttributes>,
) -> Result<Option<SearchAttributes>, Refusal> {
    let typed = given.map(|given| ctx.surroundings.check_search_attributes(namespace, &given));
    typed.transpose().map_err(Refusal::InvalidArgument)
}

fn filled(policies: SchedulePolicies) -> SchedulePolicies {
    let given = policies.catchup_window.as_ref();
    let window = match given {
        None => CATCHUP_WINDOW,
        given => time::checked(given).max(LEAST_CATCHUP_WINDOW),
    };
    SchedulePolicies {
        overlap_policy: overlap::resolve(policies.overlap_policy, Policy::Skip).into(),
        catchup_window: Some(time::to_proto(window)),
        ..policies
    }
}
