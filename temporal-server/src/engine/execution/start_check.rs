//! What a request to start a run must and may say; and what is filled in for what it leaves out.

use std::time::Duration;

use prost::Message as _;
use temporal_protos::common::{Callback, Memo, Payloads, RetryPolicy, SearchAttributes};
use temporal_protos::enums::ContinueAsNewInitiator as Initiator;
use temporal_protos::enums::WorkflowIdConflictPolicy as Conflict;
use temporal_protos::enums::WorkflowIdReusePolicy as Reuse;
use temporal_protos::workflowservice::StartWorkflowExecutionRequest;

use super::commands::check_user_task_queue;
use super::cron::Cron;
use super::priority;
use super::properties;
use super::retry_policy;
use super::start::NewRun;
use super::time_skipping;
use crate::engine::Context;
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time;

/// How the id of a new run may meet one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdPolicies {
    pub(crate) reuse: Reuse,
    pub(crate) conflict: Conflict,
}

/// A timeout within another; zero means none.
pub(crate) fn within(timeout: Duration, limit: Duration) -> Duration {
    match (timeout.is_zero(), limit.is_zero()) {
        (_, true) => timeout,
        (true, false) => limit,
        (false, false) => timeout.min(limit),
    }
}

/// The timeout of workflow tasks: filled, and capped by the service and the run.
pub(crate) fn task_timeout(limits: &Limits, given: Duration, run_timeout: Duration) -> Duration {
    let given = if given.is_zero() {
        limits.default_task_timeout
    } else {
        given
    };
    within(given.min(limits.max_task_timeout), run_timeout)
}

/// Checks the policies of a start and settles their defaults.
pub(crate) fn id_policies(
    reuse: i32,
    conflict: i32,
    default: Conflict,
) -> Result<IdPolicies, Refusal> {
    let mut reuse = Reuse::try_from(reuse).unwrap_or(Reuse::Unspecified);
    let mut conflict = Conflict::try_from(conflict).unwrap_or(Conflict::Unspecified);
    if reuse == Reuse::TerminateIfRunning {
        if conflict != Conflict::Unspecified {
            return Err(Refusal::invalid(
                "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy",
            ));
        }
        reuse = Reuse::AllowDuplicate;
        conflict = Conflict::TerminateExisting;
    }
    if reuse == Reuse::RejectDuplicate && conflict == Conflict::TerminateExisting {
        return Err(Refusal::invalid(
            "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING",
        ));
    }
    if reuse == Reuse::Unspecified {
        reuse = Reuse::AllowDuplicate;
    }
    if conflict == Conflict::Unspecified {
        conflict = default;
    }
    Ok(IdPolicies { reuse, conflict })
}

/// Checks a start request; what it makes has no run id yet.
pub(crate) fn new_run(
    ctx: &Context<'_>,
    namespace: &Namespace,
    request: StartWorkflowExecutionRequest,
) -> Result<NewRun, Refusal> {
    let limits = ctx.limits;
    check_workflow_id(limits, &request.workflow_id)?;
    let kind = request
        .workflow_type
        .map(|kind| kind.name)
        .unwrap_or_default();
    if kind.is_empty() {
        return Err(Refusal::invalid("WorkflowType is not set on request."));
    }
    if kind.len() > limits.id_bytes {
        return Err(Refusal::invalid("WorkflowType length exceeds limit."));
    }
    let task_queue = check_user_task_queue(ctx, request.task_queue.as_ref(), "")
        .map_err(Refusal::InvalidArgument)?;
    let execution_timeout = timeout(
        "WorkflowExecutionTimeoutSeconds",
        request.workflow_execution_timeout.as_ref(),
    )?;
    let run_timeout = timeout(
        "WorkflowRunTimeoutSeconds",
        request.workflow_run_timeout.as_ref(),
    )?;
    let given_task_timeout = timeout(
        "WorkflowTaskTimeoutSeconds",
        request.workflow_task_timeout.as_ref(),
    )?;
    check_retry_policy(request.retry_policy.as_ref())?;
    let delay = timeout(
        "WorkflowStartDelaySeconds",
        request.workflow_start_delay.as_ref(),
    )?;
    if request.request_id.len() > limits.id_bytes {
        return Err(Refusal::invalid("RequestId length exceeds limit."));
    }
    let backoff = first_backoff(ctx, &request.cron_schedule, delay)?;
    priority::check(request.priority.as_ref()).map_err(Refusal::InvalidArgument)?;
    let search_attributes = check_attributes(ctx, namespace, request.search_attributes.as_ref())?;
    check_sizes(limits, request.input.as_ref(), request.memo.as_ref())?;
    check_callbacks(&request.completion_callbacks)?;
    let time_skipping_config = time_skipping::checked(limits, request.time_skipping_config)?;
    let run_timeout = within(run_timeout, execution_timeout);
    Ok(NewRun {
        request_id: request.request_id,
        workflow_type: kind,
        task_queue,
        input: request.input,
        execution_timeout,
        run_timeout,
        shows_execution_timeout: request.workflow_execution_timeout.is_some(),
        shows_run_timeout: request.workflow_run_timeout.is_some(),
        task_timeout: task_timeout(limits, given_task_timeout, run_timeout),
        identity: request.identity,
        retry_policy: request.retry_policy.map(retry_policy::with_defaults),
        initiator: cron_initiator(&request.cron_schedule),
        cron_schedule: request.cron_schedule,
        memo: properties::kept_memo(request.memo),
        search_attributes,
        header: request.header,
        backoff,
        user_metadata: request.user_metadata,
        links: request.links,
        priority: request.priority,
        attempt: 1,
        continued_failure: request.continued_failure,
        last_completion_result: request.last_completion_result,
        time_skipping_config,
        ..Default::default()
    })
}

/// The first run of a cron schedule says already that it is one.
pub(crate) fn cron_initiator(cron: &str) -> i32 {
    if cron.is_empty() {
        Initiator::Unspecified.into()
    } else {
        Initiator::CronSchedule.into()
    }
}

/// Refuses a missing or over-long workflow id.
pub(crate) fn check_workflow_id(limits: &Limits, id: &str) -> Result<(), Refusal> {
    if id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    if id.len() > limits.id_bytes {
        return Err(Refusal::invalid(format!(
            "WorkflowId exceeds maximum allowed length ({}/{})",
            id.len(),
            limits.id_bytes
        )));
    }
    Ok(())
}

/// How long the first task waits, by a delay or a cron schedule.
pub(crate) fn first_backoff(
    ctx: &Context<'_>,
    cron: &str,
    delay: Duration,
) -> Result<Duration, Refusal> {
    if cron.is_empty() {
        return Ok(delay);
    }
    if !delay.is_zero() {
        return Err(Refusal::invalid(
            "CronSchedule and WorkflowStartDelay may not be used together.",
        ));
    }
    let schedule = Cron::parse(cron).map_err(Refusal::invalid)?;
    schedule
        .wait(ctx.now, ctx.now)
        .ok_or_else(|| Refusal::invalid("invalid CronSchedule."))
}

fn timeout(name: &str, value: Option<&prost_types::Duration>) -> Result<Duration, Refusal> {
    time::duration(value).map_err(|_| {
        Refusal::invalid(format!(
            "An invalid {name} is set on request. cause: negative duration"
        ))
    })
}

fn check_retry_policy(policy: Option<&RetryPolicy>) -> Result<(), Refusal> {
    policy.map_or(Ok(()), |policy| {
        retry_policy::check(policy).map_err(Refusal::InvalidArgument)
    })
}

/// No address is open to callbacks: nothing in this service could deliver them.
fn check_callbacks(callbacks: &[Callback]) -> Result<(), Refusal> {
    use temporal_protos::common::callback::Variant;
    match callbacks.first().map(|callback| &callback.variant) {
        None => Ok(()),
        Some(Some(Variant::Nexus(nexus))) => Err(Refusal::invalid(format!(
            "invalid url: url does not match any configured callback address: {}",
            nexus.url
        ))),
        Some(_) => Err(Refusal::invalid("unknown callback variant")),
    }
}

fn check_attributes(
    ctx: &Context<'_>,
    namespace: &Namespace,
    given: Option<&SearchAttributes>,
) -> Result<Option<SearchAttributes>, Refusal> {
    let Some(given) = given else {
        return Ok(None);
    };
    let checked = ctx
        .surroundings
        .check_search_attributes(namespace, given)
        .map_err(Refusal::InvalidArgument)?;
    // There is nothing yet that such a value could take away.
    Ok(properties::kept_attributes(Some(checked)))
}

/// Refuses input and memo that are too large.
pub(crate) fn check_sizes(
    limits: &Limits,
    input: Option<&Payloads>,
    memo: Option<&Memo>,
) -> Result<(), Refusal> {
    if input.is_some_and(|input| input.encoded_len() > limits.blob_bytes) {
        return Err(Refusal::invalid("Blob data size exceeds limit."));
    }
    if memo.is_some_and(|memo| memo.encoded_len() > limits.memo_bytes) {
        return Err(Refusal::invalid("Memo size exceeds limit."));
    }
    Ok(())
}
