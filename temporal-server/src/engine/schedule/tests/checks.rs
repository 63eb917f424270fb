//! What requests may say.

use temporal_protos::schedule::schedule_action::Action as ProtoAction;
use temporal_protos::schedule::{Schedule as ProtoSchedule, ScheduleAction};

use super::super::check;
use super::*;
use crate::engine::Context;
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Surroundings;

struct Nowhere;

impl Surroundings for Nowhere {
    fn namespace(&self, _: &str) -> Option<Arc<Namespace>> {
        None
    }

    fn check_search_attributes(
        &self,
        _: &Namespace,
        given: &SearchAttributes,
    ) -> Result<SearchAttributes, String> {
        match given.indexed_fields.keys().next() {
            Some(name) => Err(format!("no such attribute {name}")),
            None => Ok(given.clone()),
        }
    }
}

fn checked(change: impl FnOnce(&mut NewWorkflowExecutionInfo)) -> Result<Plan, Refusal> {
    let mut action = plan(every(HOUR)).action.unwrap();
    change(&mut action);
    let schedule = ProtoSchedule {
        action: Some(ScheduleAction {
            action: Some(ProtoAction::StartWorkflow(action)),
        }),
        ..Default::default()
    };
    check(Some(schedule))
}

fn check(schedule: Option<ProtoSchedule>) -> Result<Plan, Refusal> {
    let namespace = Namespace {
        id: "id".into(),
        name: "space".into(),
    };
    let ctx = Context {
        now: at(YEAR_2030),
        fresh_id: &mut || unreachable!("checks make nothing"),
        surroundings: &Nowhere,
        limits: &Limits::default(),
        effects: Vec::new(),
    };
    let proposed = check::Proposed {
        schedule,
        memo: None,
        search_attributes: None,
    };
    check::plan(&ctx, &namespace, proposed)
}

fn refused(change: impl FnOnce(&mut NewWorkflowExecutionInfo)) -> Refusal {
    checked(change).unwrap_err()
}

#[test]
fn rule_133_an_empty_schedule_is_legal_and_gets_its_defaults() {
    let plan = check(None).unwrap();
    assert_eq!(plan.policies.overlap_policy(), Policy::Skip);
    assert_eq!(
        plan.policies.catchup_window,
        Some(duration(365 * 24 * HOUR))
    );
    assert!(plan.action.is_none());
}

#[test]
fn rule_138_the_least_catchup_window_is_ten_seconds() {
    for seconds in [-5, 0, 1] {
        let schedule = ProtoSchedule {
            policies: Some(SchedulePolicies {
                catchup_window: Some(duration(seconds)),
                ..Default::default()
            }),
            ..Default::default()
        };
        let window = check(Some(schedule)).unwrap().policies.catchup_window;
        assert_eq!(window, Some(duration(10)));
    }
}

#[test]
fn rule_133_an_action_is_checked_as_if_it_were_started() {
    assert!(checked(|_| ()).is_ok());
    assert!(checked(|action| action.workflow_id.clear()).is_ok());
    let bad_retries = |action: &mut NewWorkflowExecutionInfo| {
        action.retry_policy = Some(temporal_protos::common::RetryPolicy {
            backoff_coefficient: 0.5,
            ..Default::default()
        });
    };
    assert!(checked(bad_retries).is_ok());
    for (refusal, text) in [
        (
            refused(|a| a.workflow_type = None),
            "WorkflowType is not set on request.",
        ),
        (refused(|a| a.task_queue = None), "taskQueue is not set"),
        (
            refused(|a| a.cron_schedule = "@hourly".into()),
            "Scheduled workflow must not contain CronSchedule",
        ),
        (
            refused(|a| a.workflow_id_reuse_policy = 3),
            "Scheduled workflow must not contain WorkflowIDReusePolicy",
        ),
        // With the time that is added to it.
        (
            refused(|a| a.workflow_id = "x".repeat(980)),
            "WorkflowId exceeds maximum allowed length (1001/1000)",
        ),
        (
            refused(|a| {
                let fields = &mut a.search_attributes.get_or_insert_default().indexed_fields;
                fields.insert("Nothing".into(), Payload::default());
            }),
            "no such attribute Nothing",
        ),
    ] {
        assert_eq!(refusal, Refusal::invalid(text));
    }
    assert!(checked(|action| action.workflow_id = "x".repeat(979)).is_ok());
}

#[test]
fn rule_133_ids_have_their_limits() {
    let limits = Limits::default();
    assert!(check::new_schedule_id(&limits, &"x".repeat(977)).is_ok());
    let long = "WorkflowId exceeds maximum allowed length (1001/1000)";
    assert_eq!(
        check::new_schedule_id(&limits, &"x".repeat(978)),
        Err(Refusal::invalid(long))
    );
    assert!(check::schedule_id("").is_err());
    assert!(check::schedule_id(&"x".repeat(978)).is_ok());
    assert!(check::request_id(&limits, &"x".repeat(1000)).is_ok());
    assert!(check::request_id(&limits, &"x".repeat(1001)).is_err());
}

#[test]
fn rule_141_notes_have_their_limit_in_patches() {
    let limits = Limits::default();
    let pause = |length| {
        let patch = SchedulePatch {
            pause: "n".repeat(length),
            ..Default::default()
        };
        check::patch(&limits, Some(patch), "request")
    };
    assert!(pause(1000).is_ok());
    assert_eq!(
        pause(1001),
        Err(Refusal::invalid("Schedule notes exceeds limit."))
    );
    let missing = Refusal::invalid("Patch is not set on request.");
    assert_eq!(check::patch(&limits, None, &"x".repeat(1001)), Err(missing));
}

#[test]
fn rule_142_schedules_are_searched_by_what_is_theirs() {
    use crate::engine::visibility::{Attributes, Query};
    let checked = |query: &str| {
        let query = Query::in_division(query, &Attributes::default(), "TemporalScheduler").unwrap();
        check::query(&query)
    };
    for legal in ["", "ScheduleId = 'x'", "TemporalSchedulePaused = true"] {
        assert_eq!(checked(legal), Ok(()), "{legal}");
    }
    for (query, name) in [
        ("WorkflowId = 'x'", "WorkflowId"),
        (
            "ScheduleId = 'x' AND TemporalScheduleId = 'x'",
            "TemporalScheduleId",
        ),
        ("GROUP BY ExecutionStatus", "ExecutionStatus"),
        ("StartTime > '2030-01-01T00:00:00Z'", "StartTime"),
    ] {
        let text = format!("invalid query filter for schedules: cannot filter on {name:?}");
        assert_eq!(checked(query), Err(Refusal::invalid(text)));
    }
}
