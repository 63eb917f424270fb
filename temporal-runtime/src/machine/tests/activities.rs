//! Activities: every bad end, and histories of other code.

use temporal_protos::failure::failure::FailureInfo;

use super::*;

fn scheduled_greet() -> Machine {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::WaitCompleted);
    feed(&mut machine, [(5, scheduled("1", "greet"))]).unwrap();
    machine
}

/// The one failure that these jobs resolve the activity with.
fn failure(jobs: Vec<Job>) -> Failure {
    match jobs.into_iter().next() {
        Some(Job::Resolve(OP, Outcome::Failed(failure))) => *failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_timeout_keeps_its_retry_state_and_what_it_ran_into() {
    let mut machine = scheduled_greet();
    let timed_out = EventKind::Activity(ActivityEvent::TimedOut {
        scheduled: 5,
        started: 6,
        retry_state: RetryState::MaximumAttemptsReached,
        failure: Some(Box::new(Failure {
            message: "activity StartToClose timeout".to_owned(),
            ..Failure::default()
        })),
    });
    let failure = failure(feed(&mut machine, [(7, timed_out)]).unwrap());
    assert_eq!(failure.message, "Activity task timed out");
    let cause = failure.cause.map(|cause| cause.message);
    assert_eq!(cause.as_deref(), Some("activity StartToClose timeout"));
    let Some(FailureInfo::ActivityFailureInfo(info)) = failure.failure_info else {
        panic!("it is the activity's")
    };
    assert_eq!(
        (
            info.activity_id.as_str(),
            info.scheduled_event_id,
            info.started_event_id
        ),
        ("1", 5, 6)
    );
    assert_eq!(info.retry_state(), RetryState::MaximumAttemptsReached);
}

#[test]
fn an_activity_that_reports_its_cancellation_is_cancelled() {
    let mut machine = scheduled_greet();
    assert_eq!(machine.cancel_activity(OP), None);
    let requested = EventKind::Activity(ActivityEvent::CancelRequested { scheduled: 5 });
    let canceled = EventKind::Activity(ActivityEvent::Canceled {
        scheduled: 5,
        started: 6,
        identity: "worker".to_owned(),
        details: None,
    });
    let failure = failure(feed(&mut machine, [(9, requested), (11, canceled)]).unwrap());
    assert_eq!(failure.message, "Activity task canceled");
    let cause = failure.cause.and_then(|cause| cause.failure_info);
    assert!(matches!(cause, Some(FailureInfo::CanceledFailureInfo(_))));
}

#[test]
fn a_replayed_activity_leaves_nothing_to_send() {
    let machine = scheduled_greet();
    assert_eq!(machine.expect_no_commands(5), Ok(()));
    assert_eq!(machine.scheduled_event_id(OP), Some(5));
}

#[test]
fn an_activity_with_another_id_is_a_mismatch() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let mismatch = feed(&mut machine, [(5, scheduled("mine", "greet"))]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (
            5,
            "activity `greet` (id mine) scheduled",
            "activity `greet` (id 1) scheduled"
        )
    );
}

#[test]
fn the_end_of_an_activity_that_never_began_is_a_mismatch() {
    let mut machine = begun();
    let mismatch = feed(&mut machine, [(7, completed(5, "who?"))]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        (
            "the end of an activity that began with event 5",
            "no such operation"
        )
    );
}

#[test]
fn an_activity_ends_once() {
    let mut machine = scheduled_greet();
    let events = [(7, completed(5, "first")), (8, completed(5, "second"))];
    let mismatch = feed(&mut machine, events).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.found),
        (8, "it ended before")
    );
}

#[test]
fn a_request_that_the_code_never_made_is_a_mismatch() {
    let mut machine = scheduled_greet();
    let requested = EventKind::Activity(ActivityEvent::CancelRequested { scheduled: 5 });
    let mismatch = feed(&mut machine, [(9, requested)]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        ("a request to cancel the activity of event 5", "no command")
    );
}
