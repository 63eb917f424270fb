//! Signals and cancel requests to other workflows: history in, jobs and commands out.

use temporal_protos::{
    enums::{
        CancelExternalWorkflowExecutionFailedCause as CancelCause,
        SignalExternalWorkflowExecutionFailedCause as SignalCause,
    },
    failure::failure::FailureInfo,
};

use super::{
    super::{
        Event, EventKind, Job, Machine, OpId, Outcome,
        child_workflow::ChildEvent,
        tests::{OP, begun, child, described, feed, initiated},
    },
    Deed, ExternalCommand, ExternalEvent,
};
use crate::options::CancellationType;

const SIGNAL: OpId = OpId(20);

fn finish(workflow_id: &str) -> ExternalCommand {
    ExternalCommand {
        namespace: "default".to_owned(),
        workflow_id: workflow_id.to_owned(),
        run_id: String::new(),
        child_only: false,
        deed: Deed::Signal {
            name: "finish".to_owned(),
            input: vec![],
        },
    }
}

fn stop(workflow_id: &str) -> ExternalCommand {
    ExternalCommand {
        deed: Deed::Cancel {
            reason: String::new(),
        },
        ..finish(workflow_id)
    }
}

fn signal_initiated(workflow_id: &str, name: &str) -> EventKind {
    EventKind::External(ExternalEvent::SignalInitiated {
        workflow_id: workflow_id.to_owned(),
        name: name.to_owned(),
    })
}

fn cancel_initiated(workflow_id: &str) -> EventKind {
    EventKind::External(ExternalEvent::CancelInitiated {
        workflow_id: workflow_id.to_owned(),
    })
}

fn signaled(initiated: i64) -> EventKind {
    EventKind::External(ExternalEvent::Signaled { initiated })
}

fn child_started() -> EventKind {
    EventKind::Child(Box::new(ChildEvent::Started {
        initiated: 5,
        run_id: "r".to_owned(),
    }))
}

/// Type and message of the failure with which an operation ended.
fn why(outcome: &Outcome) -> (&str, &str) {
    let Outcome::Failed(failure) = outcome else {
        panic!("{outcome:?}")
    };
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => (&info.r#type, &failure.message),
        Some(FailureInfo::CanceledFailureInfo(_)) => ("cancelled", &failure.message),
        other => panic!("{other:?}"),
    }
}

fn only_failure(jobs: &[Job]) -> (&str, &str) {
    match jobs {
        [Job::Resolve(SIGNAL, outcome)] => why(outcome),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_signal_is_sent_and_arrives() {
    let mut machine = begun();
    machine.reach(SIGNAL, finish("w"), None);
    assert_eq!(described(&machine), ["signal `finish` to workflow `w`"]);
    let jobs = feed(
        &mut machine,
        [(5, signal_initiated("w", "finish")), (6, signaled(5))],
    );
    assert_eq!(
        jobs,
        Ok(vec![Job::Resolve(SIGNAL, Outcome::Completed(None))])
    );
    assert_eq!(machine.expect_no_commands(6), Ok(()));
}

#[test]
fn a_signal_that_cannot_arrive_fails_with_the_reason() {
    for (cause, expected) in [
        (
            SignalCause::ExternalWorkflowExecutionNotFound,
            (
                "ExternalWorkflowExecutionNotFound",
                "Unable to signal external workflow because it was not found",
            ),
        ),
        (
            SignalCause::NamespaceNotFound,
            (
                "NamespaceNotFound",
                "Unable to signal external workflow because it was not found",
            ),
        ),
        (
            SignalCause::SignalCountLimitExceeded,
            (
                "SignalCountLimitExceeded",
                "Unable to signal external workflow because The per-workflow signal limit was exceeded",
            ),
        ),
    ] {
        let mut machine = begun();
        machine.reach(SIGNAL, finish("w"), None);
        let failed = EventKind::External(ExternalEvent::SignalFailed {
            initiated: 5,
            cause,
        });
        let jobs = feed(
            &mut machine,
            [(5, signal_initiated("w", "finish")), (6, failed)],
        );
        assert_eq!(only_failure(&jobs.expect("it replays")), expected);
    }
}

#[test]
fn a_cancel_request_is_sent_and_arrives_or_not() {
    let mut machine = begun();
    machine.reach(SIGNAL, stop("w"), None);
    assert_eq!(
        described(&machine),
        ["a request to cancel external workflow `w`"]
    );
    let requested = EventKind::External(ExternalEvent::CancelRequested { initiated: 5 });
    let jobs = feed(&mut machine, [(5, cancel_initiated("w")), (6, requested)]);
    assert_eq!(
        jobs,
        Ok(vec![Job::Resolve(SIGNAL, Outcome::Completed(None))])
    );

    let mut machine = begun();
    machine.reach(SIGNAL, stop("w"), None);
    let failed = EventKind::External(ExternalEvent::CancelFailed {
        initiated: 5,
        cause: CancelCause::ExternalWorkflowExecutionNotFound,
    });
    let jobs = feed(&mut machine, [(5, cancel_initiated("w")), (6, failed)]);
    assert_eq!(
        only_failure(&jobs.expect("it replays")),
        (
            "ExternalWorkflowExecutionNotFound",
            "Unable to cancel external workflow because not found"
        )
    );
}

#[test]
fn a_signal_cancelled_in_its_own_task_is_never_sent() {
    let mut machine = begun();
    machine.reach(SIGNAL, finish("w"), None);
    let over = machine.cancel_reach(SIGNAL).expect("it is over at once");
    assert_eq!(
        why(&over),
        ("cancelled", "It was cancelled before it was sent")
    );
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn a_signal_that_was_sent_cannot_be_recalled() {
    let mut machine = begun();
    machine.reach(SIGNAL, finish("w"), None);
    feed(&mut machine, [(5, signal_initiated("w", "finish"))]).expect("it replays");
    assert_eq!(machine.cancel_reach(SIGNAL), None);
    assert_eq!(described(&machine), [""; 0]);
    assert_eq!(
        feed(&mut machine, [(6, signaled(5))]),
        Ok(vec![Job::Resolve(SIGNAL, Outcome::Completed(None))])
    );
}

#[test]
fn a_signal_to_a_child_waits_for_its_start() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    machine.reach(SIGNAL, finish("made up"), Some(OP));
    let start = "child workflow `Child` (id c) started";
    assert_eq!(described(&machine), [start]);
    let jobs = feed(&mut machine, [(5, initiated()), (6, child_started())]);
    assert_eq!(jobs, Ok(vec![Job::ChildStarted(OP, "r".to_owned())]));
    machine.release_held(OP);
    assert_eq!(described(&machine), ["signal `finish` to workflow `c`"]);
    let jobs = feed(
        &mut machine,
        [(10, signal_initiated("c", "finish")), (11, signaled(10))],
    );
    assert_eq!(
        jobs,
        Ok(vec![Job::Resolve(SIGNAL, Outcome::Completed(None))])
    );
}

#[test]
fn a_signal_that_waits_for_a_child_can_be_cancelled() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    machine.reach(SIGNAL, finish("c"), Some(OP));
    feed(&mut machine, [(5, initiated())]).expect("it replays");
    assert!(machine.cancel_reach(SIGNAL).is_some());
    feed(&mut machine, [(6, child_started())]).expect("it replays");
    machine.release_held(OP);
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn a_signal_to_a_child_that_never_starts_finds_nobody() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    machine.reach(SIGNAL, finish("c"), Some(OP));
    let dropped = machine.drop_held(OP);
    let [(SIGNAL, outcome)] = &dropped[..] else {
        panic!("{dropped:?}")
    };
    assert_eq!(why(outcome).0, "ExternalWorkflowExecutionNotFound");
    machine.release_held(OP);
    assert_eq!(
        described(&machine),
        ["child workflow `Child` (id c) started"]
    );
}

#[test]
fn a_child_that_ended_is_signalled_in_vain_by_its_id() {
    let mut machine = begun();
    machine.reach(SIGNAL, finish("c"), Some(OP));
    assert_eq!(described(&machine), ["signal `finish` to workflow `c`"]);
}

#[test]
fn another_signal_target_or_deed_is_a_mismatch() {
    for (event, expected) in [
        (
            signal_initiated("w", "start"),
            "signal `start` to workflow `w`",
        ),
        (
            signal_initiated("x", "finish"),
            "signal `finish` to workflow `x`",
        ),
        (
            cancel_initiated("w"),
            "a request to cancel external workflow `w`",
        ),
    ] {
        let mut machine = begun();
        machine.reach(SIGNAL, finish("w"), None);
        let mismatch = feed(&mut machine, [(5, event)]).unwrap_err();
        assert_eq!(
            (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
            (5, expected, "signal `finish` to workflow `w`")
        );
    }
}

#[test]
fn an_arrival_of_nothing_that_was_sent_is_a_mismatch() {
    let mut machine = Machine::default();
    machine.begin_activation();
    let mismatch = machine
        .handle_event(Event {
            id: 6,
            kind: signaled(5),
        })
        .unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.found),
        (6, "no such operation")
    );
}
