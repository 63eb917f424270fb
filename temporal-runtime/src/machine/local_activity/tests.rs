//! Local activities: requests out, results and markers in.

use temporal_protos::{
    enums::RetryState,
    history::{HistoryEvent, MarkerRecordedEventAttributes},
};

use super::*;
use crate::{
    convert::text_payload,
    machine::{
        Event, EventKind, child_workflow::ChildEvent, command::CloseEvent, timer::TimerEvent,
    },
};

const OP: OpId = OpId(7);
const OTHER: OpId = OpId(8);

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn greet() -> LocalActivityCommand {
    LocalActivityCommand {
        activity_type: "greet".to_owned(),
        start_to_close: Some(Duration::from_secs(5)),
        ..LocalActivityCommand::default()
    }
}

/// A machine in the first activation of its first task, on these markers.
fn begun(markers: Vec<LocalMarker>) -> Machine {
    let mut machine = Machine::default();
    machine.begin_task(markers);
    machine.begin_activation();
    machine
}

fn start(machine: &mut Machine, op: OpId, cancellation: CancellationType) {
    machine.start_local_activity(op, greet(), cancellation, at(100));
}

/// A machine that has one, which a worker runs.
fn running(cancellation: CancellationType) -> Machine {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, cancellation);
    assert!(machine.poll_local_request(at(1000)).is_some());
    machine.begin_activation();
    machine
}

fn completed(text: &str) -> Outcome {
    Outcome::Completed(Some(text_payload(text)))
}

fn failed() -> Outcome {
    Outcome::Failed(Box::new(crate::failure::task_failure("no luck", None)))
}

fn result(seq: u64, outcome: Outcome) -> LocalResult {
    LocalResult {
        seq,
        attempt: 1,
        runtime: Duration::from_secs(3),
        outcome,
        backoff: None,
    }
}

fn marker(seq: u64, outcome: Outcome) -> LocalMarker {
    LocalMarker {
        seq,
        attempt: 1,
        activity_id: seq.to_string(),
        activity_type: "greet".to_owned(),
        complete_time: Some(at(103)),
        backoff: None,
        original_schedule_time: Some(at(1000)),
        activation_index: None,
        outcome,
        summary: None,
        begun_before: false,
    }
}

fn event(id: i64, marker: LocalMarker) -> Event {
    Event {
        id,
        kind: EventKind::LocalActivity(Box::new(marker)),
    }
}

fn jobs(machine: &mut Machine) -> Vec<Job> {
    machine.begin_activation();
    std::iter::from_fn(|| machine.poll_job()).collect()
}

fn described(machine: &Machine) -> Vec<String> {
    machine.commands().map(Command::describe).collect()
}

fn recorded(machine: &Machine) -> Vec<LocalMarker> {
    let command = |c: &Command| match c {
        Command::RecordLocalActivity(marker) => Some((**marker).clone()),
        _ => None,
    };
    machine.commands().filter_map(command).collect()
}

/// What workflow code is told of a failure.
fn told(outcome: &Outcome) -> (&str, RetryState, &str) {
    let Outcome::Failed(failure) = outcome else {
        panic!("it went well: {outcome:?}");
    };
    let Some(FailureInfo::ActivityFailureInfo(info)) = &failure.failure_info else {
        panic!("no activity failure: {failure:?}");
    };
    let cause = failure.cause.as_ref().map_or("", |cause| &cause.message);
    (&failure.message, info.retry_state(), cause)
}

const RECORDED: &str = "local activity `greet` (id 1) recorded";
const CANCELLED: &str = "local activity `greet` (id 1) recorded as cancelled";

#[test]
fn one_is_run_and_leaves_a_marker() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    assert_eq!(described(&machine), [""; 0], "no command until it ends");
    assert!(machine.has_local_activities());
    let Some(LocalRequest::Run(run)) = machine.poll_local_request(at(1000)) else {
        panic!("it must be run");
    };
    assert_eq!((run.seq, &*run.activity_id, run.attempt), (1, "1", 1));
    assert_eq!((run.scheduled, run.cancelled), (at(1000), false));
    assert_eq!(machine.poll_local_request(at(1000)), None);

    let now = machine.handle_local_result(result(1, completed("hi")));
    assert_eq!(
        now,
        Some(at(103)),
        "the time it began, and how long it took"
    );
    assert_eq!(jobs(&mut machine), [Job::Resolve(OP, completed("hi"))]);
    assert!(!machine.has_local_activities());
    let written = LocalMarker {
        activation_index: Some(0),
        ..marker(1, completed("hi"))
    };
    assert_eq!(recorded(&machine), std::slice::from_ref(&written));
    assert_eq!(machine.handle_event(event(5, written)), Ok(()));
    assert_eq!(machine.expect_no_commands(6), Ok(()));
    let late = machine.handle_local_result(result(1, completed("again")));
    assert_eq!((late, jobs(&mut machine)), (None, vec![]));
}

#[test]
fn activities_of_both_kinds_are_numbered_together() {
    let mut machine = begun(vec![]);
    machine.schedule_activity(OTHER, Default::default(), CancellationType::TryCancel);
    start(&mut machine, OP, CancellationType::TryCancel);
    let own = LocalActivityCommand {
        activity_id: Some("mine".to_owned()),
        ..greet()
    };
    machine.start_local_activity(OpId(9), own, CancellationType::TryCancel, at(100));
    let ids: Vec<(u64, String)> = std::iter::from_fn(|| machine.poll_local_request(at(0)))
        .map(|request| match request {
            LocalRequest::Run(run) => (run.seq, run.activity_id),
            LocalRequest::Cancel { seq } => panic!("nobody cancelled {seq}"),
        })
        .collect();
    assert_eq!(ids, [(2, "2".to_owned()), (3, "mine".to_owned())]);
}

#[test]
fn a_failure_comes_in_an_activity_failure_and_the_marker_has_it_bare() {
    let mut machine = running(CancellationType::TryCancel);
    machine.handle_local_result(result(1, failed()));
    assert_eq!(recorded(&machine)[0].outcome, failed());
    let [Job::Resolve(OP, outcome)] = &jobs(&mut machine)[..] else {
        panic!("it is resolved");
    };
    let expected = ("Local activity failed", RetryState::Unspecified, "no luck");
    assert_eq!(told(outcome), expected);
}

#[test]
fn a_failure_may_wait_for_a_timer() {
    let mut machine = running(CancellationType::TryCancel);
    let backoff = Some(Duration::from_secs(60));
    machine.handle_local_result(LocalResult {
        backoff,
        ..result(1, failed())
    });
    assert_eq!(recorded(&machine)[0].backoff, backoff);
    assert!(!machine.has_local_activities(), "the task may end");
    let Some(delay) = backoff else { return };
    assert_eq!(jobs(&mut machine), [Job::BackOff(OP, delay)]);
    machine.back_off(OP, delay);
    assert_eq!(described(&machine), [RECORDED, "timer `1` of 60s started"]);

    let first = recorded(&machine)[0].clone();
    machine.handle_event(event(5, first)).expect("it is next");
    let timer_id = "1".to_owned();
    for (id, kind) in [
        (
            6,
            TimerEvent::Started {
                timer_id: timer_id.clone(),
            },
        ),
        (
            7,
            TimerEvent::Fired {
                timer_id,
                started: 6,
            },
        ),
    ] {
        let kind = EventKind::Timer(kind);
        machine.handle_event(Event { id, kind }).expect("it fits");
    }
    machine.begin_task(vec![]);
    assert_eq!(jobs(&mut machine), [Job::RetryLocalActivity(OP)]);
    machine.retry_local_activity(OP, at(200));
    let Some(LocalRequest::Run(run)) = machine.poll_local_request(at(2000)) else {
        panic!("it must be run again");
    };
    assert_eq!((run.seq, &*run.activity_id, run.attempt), (2, "2", 2));
    assert_eq!(
        run.scheduled,
        at(1000),
        "its time began with the first attempt"
    );
    assert_eq!(
        run.passed,
        Duration::from_secs(100),
        "by the workflow's clock"
    );
    assert_eq!(
        machine.handle_local_result(result(2, completed("at last"))),
        Some(at(203))
    );
    assert_eq!(jobs(&mut machine), [Job::Resolve(OP, completed("at last"))]);
}

#[test]
fn the_timer_goes_with_the_cancellation() {
    let mut machine = running(CancellationType::WaitCompleted);
    let delay = Duration::from_secs(60);
    machine.handle_local_result(LocalResult {
        backoff: Some(delay),
        ..result(1, failed())
    });
    jobs(&mut machine);
    machine.back_off(OP, delay);
    let outcome = machine
        .cancel_local_activity(OP)
        .expect("it is over at once");
    let expected = (
        "Local activity cancelled",
        RetryState::CancelRequested,
        "Activity cancelled",
    );
    assert_eq!(told(&outcome), expected);
    assert_eq!(described(&machine), [RECORDED], "the timer never began");
}

#[test]
fn a_cancellation_is_over_at_once_and_the_worker_hears_of_it() {
    let mut machine = running(CancellationType::TryCancel);
    let outcome = machine
        .cancel_local_activity(OP)
        .expect("it is over at once");
    assert_eq!(told(&outcome).0, "Local activity cancelled");
    assert_eq!(machine.cancel_local_activity(OP), None, "it is gone");
    assert_eq!(
        machine.poll_local_request(at(0)),
        Some(LocalRequest::Cancel { seq: 1 })
    );
    let written = &recorded(&machine)[0];
    assert_eq!((written.attempt, written.complete_time), (0, None));
    assert!(!machine.has_local_activities());
    let late = machine.handle_local_result(result(1, completed("too late")));
    assert_eq!((late, jobs(&mut machine)), (None, vec![]));
}

#[test]
fn an_abandoned_one_is_not_told() {
    let mut machine = running(CancellationType::Abandon);
    assert!(machine.cancel_local_activity(OP).is_some());
    assert_eq!(machine.poll_local_request(at(0)), None);
    assert_eq!(described(&machine), [CANCELLED]);
    assert!(!machine.has_local_activities());
}

#[test]
fn one_that_is_waited_for_ends_as_it_will() {
    let mut machine = running(CancellationType::WaitCompleted);
    assert_eq!(machine.cancel_local_activity(OP), None);
    assert_eq!(machine.cancel_local_activity(OP), None);
    let cancel = LocalRequest::Cancel { seq: 1 };
    assert_eq!(machine.poll_local_request(at(0)), Some(cancel));
    assert_eq!(machine.poll_local_request(at(0)), None, "it is told once");
    assert!(machine.has_local_activities());
    machine.handle_local_result(result(1, completed("all the same")));
    let ended = [Job::Resolve(OP, completed("all the same"))];
    assert_eq!(jobs(&mut machine), ended);
}

#[test]
fn one_cancelled_before_any_worker_has_it_is_never_run() {
    for cancellation in [
        CancellationType::TryCancel,
        CancellationType::WaitCompleted,
        CancellationType::Abandon,
    ] {
        let mut machine = begun(vec![]);
        start(&mut machine, OP, cancellation);
        assert!(machine.cancel_local_activity(OP).is_some());
        assert_eq!(machine.poll_local_request(at(0)), None);
        // other SDKs wait for it on replay
        assert_eq!(described(&machine), [CANCELLED]);
    }
}

#[test]
fn a_replayed_task_takes_its_results_from_the_markers() {
    let markers = vec![marker(2, completed("b")), marker(1, completed("a"))];
    let mut machine = begun(markers.clone());
    start(&mut machine, OP, CancellationType::TryCancel);
    start(&mut machine, OTHER, CancellationType::TryCancel);
    // one after the other, in their order, whatever that of the starts
    assert_eq!(machine.resolve_next_marker(), Some(Some(at(103))));
    assert_eq!(jobs(&mut machine), [Job::Resolve(OTHER, completed("b"))]);
    machine.start_timer(OpId(9), Duration::from_secs(1));
    assert_eq!(machine.resolve_next_marker(), Some(Some(at(103))));
    assert_eq!(jobs(&mut machine), [Job::Resolve(OP, completed("a"))]);
    assert_eq!(machine.resolve_next_marker(), None);
    assert_eq!(machine.poll_local_request(at(0)), None, "nothing is run");

    // the SDK that wrote this gave both to workflow code at once, and then heard of the timer
    for (id, marker) in [5, 6].into_iter().zip(markers) {
        assert_eq!(machine.handle_event(event(id, marker)), Ok(()));
    }
    assert_eq!(described(&machine), ["timer `1` of 1s started"]);
}

#[test]
fn results_that_reached_the_code_together_do_so_again() {
    let together = |seq| LocalMarker {
        activation_index: Some(1),
        ..marker(seq, completed("x"))
    };
    let alone = LocalMarker {
        activation_index: Some(2),
        ..marker(3, completed("x"))
    };
    let mut machine = begun(vec![together(1), together(2), alone]);
    for op in 1..=3 {
        start(&mut machine, OpId(op), CancellationType::TryCancel);
    }
    assert!(machine.resolve_next_marker().is_some());
    assert_eq!(jobs(&mut machine).len(), 2);
    assert!(machine.resolve_next_marker().is_some());
    assert_eq!(jobs(&mut machine).len(), 1);
}

#[test]
fn one_without_a_marker_is_run_by_the_worker_that_replays() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::WaitCompleted);
    machine.begin_task(vec![]);
    machine.begin_activation();
    assert_eq!(machine.cancel_local_activity(OP), None);
    let Some(LocalRequest::Run(run)) = machine.poll_local_request(at(5000)) else {
        panic!("it must be run");
    };
    assert!(run.cancelled, "it is stopped before it starts");
}

#[test]
fn a_replayed_cancellation_takes_the_outcome_of_its_marker() {
    let mut machine = begun(vec![marker(1, completed("just in time"))]);
    start(&mut machine, OP, CancellationType::TryCancel);
    machine.begin_activation();
    let outcome = machine.cancel_local_activity(OP);
    assert_eq!(outcome, Some(completed("just in time")));
    assert_eq!(machine.resolve_next_marker(), None);
    let same = marker(1, completed("just in time"));
    assert_eq!(machine.handle_event(event(5, same)), Ok(()));
}

fn mismatch(machine: &mut Machine, event: Event) -> (i64, String, String) {
    let mismatch = machine.handle_event(event).expect_err("they differ");
    (mismatch.event_id, mismatch.expected, mismatch.found)
}

#[test]
fn a_marker_that_fits_nothing_is_a_mismatch() {
    let mut machine = begun(vec![marker(1, completed("x"))]);
    assert_eq!(machine.resolve_next_marker(), None);
    let found = mismatch(&mut machine, event(5, marker(1, completed("x"))));
    assert_eq!(found, (5, RECORDED.to_owned(), "no command".to_owned()));
}

#[test]
fn a_marker_of_another_activity_is_a_mismatch() {
    let other = LocalMarker {
        activity_type: "square".to_owned(),
        ..marker(1, completed("x"))
    };
    let mut machine = begun(vec![other.clone()]);
    start(&mut machine, OP, CancellationType::TryCancel);
    assert_eq!(machine.resolve_next_marker(), None);
    let found = mismatch(&mut machine, event(5, other));
    let expected = "local activity `square` (id 1) recorded".to_owned();
    let runs = "no command (local activity `greet` (id 1) runs)".to_owned();
    assert_eq!(found, (5, expected, runs));
}

#[test]
fn a_command_after_the_marker_that_came_before_it_is_a_mismatch() {
    let mut machine = begun(vec![marker(1, completed("x"))]);
    machine.start_timer(OTHER, Duration::from_secs(1));
    start(&mut machine, OP, CancellationType::TryCancel);
    assert!(machine.resolve_next_marker().is_some());
    let found = mismatch(&mut machine, event(5, marker(1, completed("x"))));
    let timer = "timer `1` of 1s started".to_owned();
    assert_eq!(found, (5, RECORDED.to_owned(), timer));
}

#[test]
fn a_marker_of_an_earlier_task_may_overtake_commands() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    machine.begin_task(vec![marker(1, completed("x"))]);
    machine.begin_activation();
    // a signal came with the task, and its handler began this
    machine.start_timer(OTHER, Duration::from_secs(1));
    assert!(machine.resolve_next_marker().is_some());
    let first = event(5, marker(1, completed("x")));
    assert_eq!(machine.handle_event(first), Ok(()));
}

#[test]
fn other_events_where_a_marker_is_due_are_mismatches() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    machine.handle_local_result(result(1, completed("x")));
    let kind = EventKind::Closed(CloseEvent::Completed);
    let found = mismatch(&mut machine, Event { id: 5, kind });
    let expected = "the workflow completed".to_owned();
    assert_eq!(found, (5, expected, RECORDED.to_owned()));

    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    let kind = EventKind::Child(Box::new(ChildEvent::Initiated {
        workflow_id: "w".to_owned(),
        workflow_type: "child".to_owned(),
    }));
    let (_, _, found) = mismatch(&mut machine, Event { id: 5, kind });
    assert_eq!(found, "no command (local activity `greet` (id 1) runs)");
}

#[test]
fn nothing_is_waited_for_once_the_run_is_closed() {
    let mut machine = running(CancellationType::TryCancel);
    machine.close(Command::CancelWorkflow);
    assert!(!machine.has_local_activities());
    assert_eq!(machine.resolve_next_marker(), None);
}

/// As core of the Python SDK 1.32 wrote it.
#[test]
fn the_marker_is_written_as_others_write_it() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    let _ = machine.poll_local_request(at(1000) + Duration::from_nanos(7));
    machine.handle_local_result(result(1, failed()));
    let written = recorded(&machine)[0].clone();
    let attributes = |marker: &LocalMarker| match marker.to_attributes() {
        temporal_protos::command::command::Attributes::RecordMarkerCommandAttributes(a) => a,
        other => panic!("no marker: {other:?}"),
    };
    let older = LocalMarker {
        activation_index: None,
        ..written.clone()
    };
    let data = &attributes(&older).details["data"].payloads[0];
    assert_eq!(
        std::str::from_utf8(&data.data),
        Ok(
            r#"{"seq":1,"attempt":1,"activity_id":"1","activity_type":"greet","complete_time":{"seconds":103,"nanos":0},"backoff":null,"original_schedule_time":{"seconds":1000,"nanos":7}}"#
        )
    );
    let command = attributes(&written);
    let event = HistoryEvent {
        event_id: 5,
        attributes: Some(
            MarkerRecordedEventAttributes {
                marker_name: command.marker_name,
                details: command.details,
                failure: command.failure,
                ..Default::default()
            }
            .into(),
        ),
        ..HistoryEvent::default()
    };
    assert_eq!(LocalMarker::of(&event), Some(written));
}

#[test]
fn a_marker_that_cannot_be_read_is_named() {
    let kind = LocalMarker::event(&MarkerRecordedEventAttributes {
        marker_name: "core_local_activity".to_owned(),
        ..Default::default()
    });
    let expected = EventKind::Unsupported("a marker of a local activity that cannot be read");
    assert_eq!(kind, expected);
}

#[test]
fn what_the_task_began_before_a_result_is_still_taken_back_after_it() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    let activity = crate::machine::ActivityCommand {
        activity_type: "pack".to_owned(),
        ..Default::default()
    };
    machine.schedule_activity(OTHER, activity, CancellationType::WaitCompleted);
    machine.start_timer(OpId(9), Duration::from_secs(1));
    assert!(machine.poll_local_request(at(1000)).is_some());
    machine.handle_local_result(result(1, completed("hello")));
    assert_eq!(jobs(&mut machine).len(), 1);

    // the service knows of neither, and could not find what is to be cancelled
    assert!(machine.cancel_activity(OTHER).is_some());
    machine.cancel_timer(OpId(9));
    assert_eq!(described(&machine), [recorded(&machine)[0].describe()]);
}

#[test]
fn a_result_that_comes_with_the_one_that_ends_the_run_is_not_recorded() {
    let mut machine = begun(vec![]);
    start(&mut machine, OP, CancellationType::TryCancel);
    start(&mut machine, OTHER, CancellationType::TryCancel);
    while machine.poll_local_request(at(1000)).is_some() {}
    machine.handle_local_result(result(1, completed("first")));
    assert_eq!(jobs(&mut machine).len(), 1);
    machine.close(Command::CompleteWorkflow { result: None });

    let late = machine.handle_local_result(result(2, completed("second")));
    assert_eq!(late, None);
    let commands = described(&machine);
    assert_eq!(commands.len(), 2);
    assert_eq!(commands[1], "the workflow completed");
}
