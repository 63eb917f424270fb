//! Child workflows: every way in which one ends, every way in which a wait for one is cancelled, and what does not match.

use temporal_protos::failure::failure::FailureInfo;

use super::*;

fn of(event: ChildEvent) -> EventKind {
    EventKind::Child(Box::new(event))
}

fn started() -> EventKind {
    of(ChildEvent::Started {
        initiated: 5,
        run_id: "r".to_owned(),
    })
}

/// A machine whose child runs.
fn with_child(cancellation: CancellationType) -> Machine {
    let mut machine = begun();
    machine.start_child(OP, child(), cancellation);
    let jobs = feed(&mut machine, [(5, initiated()), (6, started())]);
    assert_eq!(jobs, Ok(vec![Job::ChildStarted(OP, "r".to_owned())]));
    machine
}

/// The failure with which the wait for the child ended.
fn failure(jobs: &[Job]) -> &Failure {
    match jobs {
        [Job::Resolve(OP, Outcome::Failed(failure))] => failure,
        other => panic!("{other:?}"),
    }
}

fn cause(failure: &Failure) -> &Failure {
    failure.cause.as_deref().expect("it has a cause")
}

#[test]
fn a_child_fails_with_its_cause_and_its_place() {
    let mut machine = with_child(CancellationType::WaitCompleted);
    let why = Failure {
        message: "no more paper".to_owned(),
        ..Failure::default()
    };
    let failed = of(ChildEvent::Failed {
        initiated: 5,
        started: 6,
        retry_state: RetryState::MaximumAttemptsReached,
        failure: Some(why.clone()),
    });
    let jobs = feed(&mut machine, [(10, failed)]).expect("it replays");
    let failure = failure(&jobs);
    assert_eq!(failure.message, "Child Workflow execution failed");
    assert_eq!(cause(failure), &why);
    let Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) = &failure.failure_info else {
        panic!("{failure:?}")
    };
    let execution = info.workflow_execution.clone().unwrap_or_default();
    assert_eq!((&*execution.workflow_id, &*execution.run_id), ("c", "r"));
    assert_eq!((info.initiated_event_id, info.started_event_id), (5, 6));
    assert_eq!(info.retry_state(), RetryState::MaximumAttemptsReached);
}

#[test]
fn the_other_ends_of_a_child_are_told_apart() {
    let timed_out = ChildEvent::TimedOut {
        initiated: 5,
        started: 6,
        retry_state: RetryState::RetryPolicyNotSet,
    };
    let terminated = ChildEvent::Terminated {
        initiated: 5,
        started: 6,
    };
    let canceled = ChildEvent::Canceled {
        initiated: 5,
        started: 6,
        details: None,
    };
    for (end, verb, is) in [
        (
            timed_out,
            "timed out",
            (|info| matches!(info, FailureInfo::TimeoutFailureInfo(_))) as fn(&FailureInfo) -> bool,
        ),
        (terminated, "terminated", |info| {
            matches!(info, FailureInfo::TerminatedFailureInfo(_))
        }),
        (canceled, "cancelled", |info| {
            matches!(info, FailureInfo::CanceledFailureInfo(_))
        }),
    ] {
        let mut machine = with_child(CancellationType::WaitCompleted);
        let jobs = feed(&mut machine, [(10, of(end))]).expect("it replays");
        let failure = failure(&jobs);
        assert_eq!(failure.message, format!("Child Workflow execution {verb}"));
        let info = cause(failure).failure_info.as_ref();
        assert!(info.is_some_and(is), "{failure:?}");
    }
}

#[test]
fn a_cancelled_wait_for_a_child_ends_by_its_type() {
    for (cancellation, at_once, asked) in [
        (CancellationType::TryCancel, true, true),
        (CancellationType::WaitCompleted, false, true),
        // as the other SDKs have it: not when it was asked, but when it has ended
        (CancellationType::WaitRequested, false, true),
        (CancellationType::Abandon, true, false),
    ] {
        let mut machine = with_child(cancellation);
        assert_eq!(
            machine.cancel_child(OP).is_some(),
            at_once,
            "{cancellation:?}"
        );
        assert_eq!(machine.cancel_child(OP), None, "once is enough");
        let request = "a request to cancel workflow `c`".to_owned();
        let mut events = Vec::new();
        if asked {
            assert_eq!(described(&machine), [request]);
            let workflow_id = "c".to_owned();
            events.push((10, of(ChildEvent::CancelInitiated { workflow_id })));
            let delivered = ExternalEvent::CancelRequested { initiated: 10 };
            events.push((11, EventKind::External(delivered)));
        } else {
            assert_eq!(described(&machine), [""; 0]);
        }
        assert_eq!(feed(&mut machine, events), Ok(vec![]), "{cancellation:?}");
        let done = of(ChildEvent::Completed {
            initiated: 5,
            result: None,
        });
        let jobs = feed(&mut machine, [(15, done)]).expect("it replays");
        assert_eq!(jobs.len(), usize::from(!at_once), "{cancellation:?}");
    }
}

#[test]
fn a_child_cancelled_in_its_own_task_is_never_started() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    assert!(matches!(machine.cancel_child(OP), Some(Outcome::Failed(_))));
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn an_id_that_was_made_up_is_taken_from_history() {
    let mut machine = begun();
    let made_up = ChildCommand {
        workflow_id: "made up".to_owned(),
        id_is_given: false,
        ..child()
    };
    machine.start_child(OP, made_up, CancellationType::WaitCompleted);
    feed(&mut machine, [(5, initiated()), (6, started())]).expect("it replays");
    assert_eq!(machine.child_workflow_id(OP), Some("c"));
    machine.cancel_child(OP);
    assert_eq!(described(&machine), ["a request to cancel workflow `c`"]);
}

#[test]
fn another_child_or_another_given_id_is_a_mismatch() {
    for (workflow_id, workflow_type) in [("c", "Other"), ("d", "Child")] {
        let mut machine = begun();
        machine.start_child(OP, child(), CancellationType::WaitCompleted);
        let other = of(ChildEvent::Initiated {
            workflow_id: workflow_id.to_owned(),
            workflow_type: workflow_type.to_owned(),
        });
        let mismatch = feed(&mut machine, [(5, other)]).unwrap_err();
        assert_eq!(
            (mismatch.event_id, &*mismatch.found),
            (5, "child workflow `Child` (id c) started")
        );
    }
}

#[test]
fn a_second_end_of_a_child_is_a_mismatch() {
    let mut machine = with_child(CancellationType::WaitCompleted);
    let done = || {
        of(ChildEvent::Completed {
            initiated: 5,
            result: None,
        })
    };
    feed(&mut machine, [(10, done())]).expect("it replays");
    let mismatch = feed(&mut machine, [(11, done())]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.found),
        (11, "it ended before")
    );
}

#[test]
fn a_replayed_child_leaves_nothing_to_send() {
    let mut machine = with_child(CancellationType::WaitCompleted);
    assert_eq!(machine.cancel_child(OP), None);
    let workflow_id = "c".to_owned();
    let asked = of(ChildEvent::CancelInitiated { workflow_id });
    let ended = of(ChildEvent::Canceled {
        initiated: 5,
        started: 6,
        details: None,
    });
    let jobs = feed(&mut machine, [(10, asked), (14, ended)]).expect("it replays");
    assert_eq!(jobs.len(), 1);
    assert_eq!(described(&machine), [""; 0]);
    assert_eq!(machine.expect_no_commands(14), Ok(()));
}
