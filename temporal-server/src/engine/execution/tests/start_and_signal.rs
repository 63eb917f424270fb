//! The beginning of a run, and signals.

use temporal_protos::enums::{
    WorkflowIdConflictPolicy as Conflict, WorkflowIdReusePolicy as Reuse,
};

use super::*;
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::execution::id_policy::{Asked, Decision, decide};
use crate::engine::execution::start_check::{IdPolicies, id_policies};

#[test]
fn rule_18_a_run_begins_with_started_and_a_scheduled_task() {
    let bench = Bench::start();
    assert_eq!(bench.events(), ["Started", "TaskScheduled"]);
    assert!(matches!(
        bench.effects.last(),
        Some(Effect::AddWorkflowTask { sticky: None, normal, .. }) if normal == "q"
    ));
}

#[test]
fn rule_16_timeouts_are_filled_and_capped() {
    let bench = Bench::start_with(|request| {
        request.workflow_execution_timeout = Some(to_proto(60 * SECOND));
        request.workflow_run_timeout = Some(to_proto(90 * SECOND));
        request.workflow_task_timeout = Some(to_proto(500 * SECOND));
    });
    assert_eq!(bench.run.start.run_timeout, 60 * SECOND);
    assert_eq!(bench.run.start.task_timeout, 60 * SECOND);
    assert_eq!(
        bench.timer(RunTimer::Execution),
        Some(bench.now.plus(60 * SECOND))
    );
    assert_eq!(
        bench.timer(RunTimer::Run),
        None,
        "the chain's end comes first"
    );
}

#[test]
fn rule_20_a_signal_does_not_end_a_delay_but_a_cancel_request_does() {
    let mut bench =
        Bench::start_with(|request| request.workflow_start_delay = Some(to_proto(60 * SECOND)));
    assert_eq!(bench.events(), ["Started"]);
    assert_eq!(
        bench.timer(RunTimer::FirstTask),
        Some(bench.now.plus(60 * SECOND))
    );
    bench.signal("s").unwrap();
    assert_eq!(bench.last(1), ["Signaled"]);
    bench.fire(RunTimer::FirstTask);
    assert!(bench.run.task.is_none(), "it is not due");
    bench.ask(|run, ctx| run.request_cancel(ctx, CancelRequest::default()));
    assert_eq!(bench.last(2), ["CancelRequested", "TaskScheduled"]);
}

#[test]
fn rule_84_a_signal_with_a_known_request_id_is_one_signal() {
    let mut bench = Bench::start();
    for name in ["a", "b"] {
        let signal = Signal {
            name: name.into(),
            request_id: "r".into(),
            ..Signal::default()
        };
        bench.ask(|run, ctx| run.signal(ctx, signal)).unwrap();
    }
    assert_eq!(bench.events(), ["Started", "TaskScheduled", "Signaled"]);
}

#[test]
fn rule_84_more_signals_than_the_limit_are_refused_and_change_nothing() {
    let mut bench = Bench::start();
    bench.limits.signals = 1;
    bench.signal("a").unwrap();
    let refused = bench.signal("b");
    assert_eq!(
        refused,
        Err(Refusal::invalid(
            "exceeded workflow execution limit for signal events"
        ))
    );
    assert_eq!(bench.events().len(), 3);
    assert!(bench.effects.is_empty());
}

#[test]
fn rule_85_a_second_cancel_request_leaves_no_event() {
    let mut bench = Bench::start();
    for _ in 0..2 {
        bench.ask(|run, ctx| run.request_cancel(ctx, CancelRequest::default()));
    }
    assert_eq!(
        bench.events(),
        ["Started", "TaskScheduled", "CancelRequested"]
    );
}

#[test]
fn rules_13_to_15_what_a_known_workflow_id_leads_to() {
    let policies = |reuse, conflict| IdPolicies { reuse, conflict };
    let any = policies(Reuse::AllowDuplicate, Conflict::Fail);
    assert_eq!(decide(None, any, "x", Asked::Start), Ok(Decision::Start));
    let mut bench = Bench::start();
    assert_eq!(
        decide(Some(&bench.run), any, "start-1", Asked::Start),
        Ok(Decision::Known(true))
    );
    assert!(matches!(
        decide(Some(&bench.run), any, "x", Asked::Start),
        Err(Refusal::AlreadyStarted { run_id, .. }) if run_id == "run-1"
    ));
    let existing = policies(Reuse::AllowDuplicate, Conflict::UseExisting);
    assert_eq!(
        decide(Some(&bench.run), existing, "x", Asked::Start),
        Ok(Decision::UseExisting)
    );
    let terminate = policies(Reuse::AllowDuplicate, Conflict::TerminateExisting);
    assert_eq!(
        decide(Some(&bench.run), terminate, "x", Asked::Start),
        Ok(Decision::TerminateExisting)
    );

    assert_eq!(
        decide(
            Some(&bench.run),
            existing,
            "start-1",
            Asked::SignalWithStart
        ),
        Ok(Decision::Known(false))
    );

    bench.step(vec![complete_workflow()]);
    for asked in [Asked::Start, Asked::SignalWithStart] {
        assert_eq!(
            decide(Some(&bench.run), any, "x", asked),
            Ok(Decision::Start)
        );
    }
    assert_eq!(
        decide(Some(&bench.run), any, "start-1", Asked::SignalWithStart),
        Ok(Decision::Start)
    );
    for reuse in [Reuse::AllowDuplicateFailedOnly, Reuse::RejectDuplicate] {
        assert!(
            decide(
                Some(&bench.run),
                policies(reuse, Conflict::Fail),
                "x",
                Asked::Start
            )
            .is_err()
        );
    }
    assert_eq!(
        decide(Some(&bench.run), any, "start-1", Asked::Start),
        Ok(Decision::Known(true))
    );
}

#[test]
fn rule_11_terminate_if_running_is_another_name() {
    let migrated = id_policies(Reuse::TerminateIfRunning.into(), 0, Conflict::Fail).unwrap();
    assert_eq!(migrated.conflict, Conflict::TerminateExisting);
    assert!(
        id_policies(
            Reuse::TerminateIfRunning.into(),
            Conflict::Fail.into(),
            Conflict::Fail
        )
        .is_err()
    );
}

#[test]
fn rule_15_a_start_after_a_timeout_counts_as_after_a_failure() {
    let mut bench = Bench::start_with(|r| r.workflow_run_timeout = Some(to_proto(SECOND)));
    bench.pass(SECOND);
    bench.fire(RunTimer::Run);
    assert_eq!(bench.last(1), ["TimedOut"]);
    let decided = |reuse| {
        let policies = IdPolicies {
            reuse,
            conflict: Conflict::Fail,
        };
        decide(Some(&bench.run), policies, "another", Asked::Start)
    };
    assert!(matches!(
        decided(Reuse::AllowDuplicateFailedOnly),
        Ok(Decision::Start)
    ));
    assert!(matches!(
        decided(Reuse::AllowDuplicate),
        Ok(Decision::Start)
    ));
    assert!(matches!(
        decided(Reuse::RejectDuplicate),
        Err(Refusal::AlreadyStarted { .. })
    ));
}
