//! Machine tests: history in, jobs and commands out, with the events spelled out.

mod activities;
mod chain;
mod children;
mod markers;
mod patch;
mod same_id;
mod timers;
mod updates;

use std::time::Duration;

use temporal_protos::{
    command::command::Attributes,
    common::Payloads,
    enums::{CancelExternalWorkflowExecutionFailedCause as CancelCause, RetryState},
    failure::Failure,
};

use super::{
    activity::ActivityEvent, child_workflow::ChildEvent, command::CloseEvent,
    external::ExternalEvent, timer::TimerEvent, update::UpdateEvent, *,
};
use crate::{convert::text_payload, options::CancellationType};

pub(super) const OP: OpId = OpId(7);

fn timer_started(id: &str) -> EventKind {
    EventKind::Timer(TimerEvent::Started {
        timer_id: id.to_owned(),
    })
}

fn timer_fired(id: &str, started: i64) -> EventKind {
    EventKind::Timer(TimerEvent::Fired {
        timer_id: id.to_owned(),
        started,
    })
}

fn timer_canceled(id: &str, started: i64) -> EventKind {
    EventKind::Timer(TimerEvent::Canceled {
        timer_id: id.to_owned(),
        started,
    })
}

fn scheduled(id: &str, activity_type: &str) -> EventKind {
    EventKind::Activity(ActivityEvent::Scheduled {
        activity_id: id.to_owned(),
        activity_type: activity_type.to_owned(),
    })
}

fn completed(scheduled: i64, text: &str) -> EventKind {
    EventKind::Activity(ActivityEvent::Completed {
        scheduled,
        result: Some(Payloads {
            payloads: vec![text_payload(text)],
        }),
    })
}

fn greet() -> ActivityCommand {
    ActivityCommand {
        activity_type: "greet".to_owned(),
        start_to_close: Some(Duration::from_secs(5)),
        ..ActivityCommand::default()
    }
}

/// A machine in its first activation.
pub(super) fn begun() -> Machine {
    let mut machine = Machine::default();
    machine.begin_activation();
    machine
}

pub(super) fn feed(
    machine: &mut Machine,
    events: impl IntoIterator<Item = (i64, EventKind)>,
) -> Result<Vec<Job>, Mismatch> {
    for (id, kind) in events {
        machine.handle_event(Event { id, kind })?;
    }
    machine.begin_activation();
    Ok(std::iter::from_fn(|| machine.poll_job()).collect())
}

pub(super) fn described(machine: &Machine) -> Vec<String> {
    machine.commands().map(Command::describe).collect()
}

#[test]
fn a_timer_starts_and_fires() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    assert_eq!(described(&machine), ["timer `1` of 1s started"]);
    let jobs = feed(
        &mut machine,
        [(5, timer_started("1")), (6, timer_fired("1", 5))],
    );
    assert_eq!(jobs, Ok(vec![Job::Resolve(OP, Outcome::Completed(None))]));
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn a_timer_cancelled_in_its_own_task_leaves_no_trace() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    machine.cancel_timer(OP);
    assert_eq!(described(&machine), [""; 0]);
    // the number is used up all the same, as in the other SDKs
    machine.start_timer(OpId(8), Duration::from_secs(2));
    assert_eq!(described(&machine), ["timer `2` of 2s started"]);
}

#[test]
fn a_timer_is_cancelled_in_a_later_task() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    assert_eq!(feed(&mut machine, [(5, timer_started("1"))]), Ok(vec![]));
    machine.cancel_timer(OP);
    machine.cancel_timer(OP);
    assert_eq!(described(&machine), ["timer `1` cancelled"]);
    assert_eq!(
        feed(&mut machine, [(9, timer_canceled("1", 5))]),
        Ok(vec![])
    );
    assert_eq!(machine.expect_no_commands(9), Ok(()));
}

#[test]
fn timer_fired_after_cancel_is_a_mismatch() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    let started = feed(&mut machine, [(5, timer_started("1"))]);
    assert_eq!(started, Ok(vec![]));
    machine.cancel_timer(OP);
    let mismatch = feed(
        &mut machine,
        [(9, timer_canceled("1", 5)), (10, timer_fired("1", 5))],
    )
    .unwrap_err();
    assert_eq!(
        (mismatch.event_id, mismatch.expected.as_str()),
        (10, "timer `1` fired")
    );
}

#[test]
fn another_command_than_history_has_is_a_mismatch_with_both() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let mismatch = feed(&mut machine, [(5, timer_started("1"))]).unwrap_err();
    assert_eq!(
        mismatch,
        Mismatch::new(
            5,
            "timer `1` started",
            "activity `greet` (id 1) scheduled".to_owned()
        )
        .about(Some(OP))
    );
}

#[test]
fn an_event_without_its_command_is_a_mismatch() {
    let mut machine = begun();
    let mismatch = feed(&mut machine, [(5, scheduled("1", "greet"))]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, mismatch.found.as_str()),
        (5, "no command")
    );
}

#[test]
fn a_command_without_its_event_is_a_mismatch() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let mismatch = machine.expect_no_commands(8).unwrap_err();
    assert_eq!(
        (mismatch.event_id, mismatch.found.as_str()),
        (8, "activity `greet` (id 1) scheduled")
    );
}

#[test]
fn an_activity_completes() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let started = EventKind::Activity(ActivityEvent::Started { scheduled: 5 });
    let jobs = feed(
        &mut machine,
        [
            (5, scheduled("1", "greet")),
            (6, started),
            (7, completed(5, "hi")),
        ],
    );
    assert_eq!(
        jobs,
        Ok(vec![Job::Resolve(
            OP,
            Outcome::Completed(Some(text_payload("hi")))
        )])
    );
}

#[test]
fn an_activity_of_another_type_is_a_mismatch() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let mismatch = feed(&mut machine, [(5, scheduled("1", "square"))]).unwrap_err();
    assert_eq!(mismatch.expected, "activity `square` (id 1) scheduled");
}

#[test]
fn a_failed_activity_keeps_its_cause() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    let cause = Failure {
        message: "no".to_owned(),
        ..Failure::default()
    };
    let failed = EventKind::Activity(ActivityEvent::Failed {
        scheduled: 5,
        started: 6,
        identity: "w".to_owned(),
        retry_state: RetryState::MaximumAttemptsReached,
        failure: Some(Box::new(cause.clone())),
    });
    let jobs = feed(&mut machine, [(5, scheduled("1", "greet")), (7, failed)]).unwrap();
    let [Job::Resolve(OP, Outcome::Failed(failure))] = &jobs[..] else {
        panic!("{jobs:?}")
    };
    assert_eq!(
        (failure.message.as_str(), failure.cause.as_deref()),
        ("Activity task failed", Some(&cause))
    );
}

#[test]
fn try_cancel_answers_at_once_and_ignores_what_comes_later() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::TryCancel);
    feed(&mut machine, [(5, scheduled("1", "greet"))]).unwrap();
    assert!(matches!(
        machine.cancel_activity(OP),
        Some(Outcome::Failed(_))
    ));
    assert_eq!(machine.cancel_activity(OP), None);
    assert_eq!(described(&machine), ["a request to cancel an activity"]);
    let requested = EventKind::Activity(ActivityEvent::CancelRequested { scheduled: 5 });
    assert_eq!(
        feed(&mut machine, [(9, requested), (11, completed(5, "late"))]),
        Ok(vec![])
    );
}

#[test]
fn wait_completed_answers_with_the_end() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::WaitCompleted);
    feed(&mut machine, [(5, scheduled("1", "greet"))]).unwrap();
    assert_eq!(machine.cancel_activity(OP), None);
    let requested = EventKind::Activity(ActivityEvent::CancelRequested { scheduled: 5 });
    let jobs = feed(
        &mut machine,
        [(9, requested), (11, completed(5, "all the same"))],
    )
    .unwrap();
    assert_eq!(
        jobs,
        [Job::Resolve(
            OP,
            Outcome::Completed(Some(text_payload("all the same")))
        )]
    );
}

#[test]
fn abandon_tells_nobody() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::Abandon);
    feed(&mut machine, [(5, scheduled("1", "greet"))]).unwrap();
    assert!(machine.cancel_activity(OP).is_some());
    assert_eq!(described(&machine), [""; 0]);
    assert_eq!(feed(&mut machine, [(11, completed(5, "late"))]), Ok(vec![]));
}

#[test]
fn an_activity_cancelled_in_its_own_task_is_never_scheduled() {
    let mut machine = begun();
    machine.schedule_activity(OP, greet(), CancellationType::WaitCompleted);
    assert!(matches!(
        machine.cancel_activity(OP),
        Some(Outcome::Failed(_))
    ));
    assert_eq!(described(&machine), [""; 0]);
}

pub(super) fn child() -> ChildCommand {
    ChildCommand {
        workflow_id: "c".to_owned(),
        id_is_given: true,
        workflow_type: "Child".to_owned(),
        ..ChildCommand::default()
    }
}

pub(super) fn initiated() -> EventKind {
    EventKind::Child(Box::new(ChildEvent::Initiated {
        workflow_id: "c".to_owned(),
        workflow_type: "Child".to_owned(),
    }))
}

#[test]
fn a_child_starts_and_completes() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    let started = EventKind::Child(Box::new(ChildEvent::Started {
        initiated: 5,
        run_id: "r".to_owned(),
    }));
    let done = EventKind::Child(Box::new(ChildEvent::Completed {
        initiated: 5,
        result: None,
    }));
    let jobs = feed(&mut machine, [(5, initiated()), (6, started), (10, done)]).unwrap();
    assert_eq!(
        jobs,
        [
            Job::ChildStarted(OP, "r".to_owned()),
            Job::Resolve(OP, Outcome::Completed(None))
        ]
    );
}

#[test]
fn a_child_that_cannot_start_fails() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    let failed = EventKind::Child(Box::new(ChildEvent::StartFailed {
        initiated: 5,
        cause:
            temporal_protos::enums::StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists,
    }));
    let jobs = feed(&mut machine, [(5, initiated()), (6, failed)]).unwrap();
    assert!(matches!(&jobs[..], [Job::Resolve(OP, Outcome::Failed(_))]));
}

#[test]
fn a_cancelled_child_is_asked_by_the_parent() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    feed(&mut machine, [(5, initiated())]).unwrap();
    assert_eq!(machine.cancel_child(OP), None);
    assert_eq!(described(&machine), ["a request to cancel workflow `c`"]);
    let asked = EventKind::Child(Box::new(ChildEvent::CancelInitiated {
        workflow_id: "c".to_owned(),
    }));
    let ended = EventKind::Child(Box::new(ChildEvent::Canceled {
        initiated: 5,
        started: 6,
        details: None,
    }));
    let jobs = feed(&mut machine, [(9, asked), (12, ended)]).unwrap();
    assert!(matches!(&jobs[..], [Job::Resolve(OP, Outcome::Failed(_))]));
}

#[test]
fn a_child_that_a_request_missed_is_asked_again_once_it_runs() {
    let mut machine = begun();
    machine.start_child(OP, child(), CancellationType::WaitCompleted);
    feed(&mut machine, [(5, initiated())]).unwrap();
    assert_eq!(machine.cancel_child(OP), None);
    let of = |event| EventKind::Child(Box::new(event));
    let asked = of(ChildEvent::CancelInitiated {
        workflow_id: "c".to_owned(),
    });
    let missed = EventKind::External(ExternalEvent::CancelFailed {
        initiated: 9,
        cause: CancelCause::ExternalWorkflowExecutionNotFound,
    });
    let started = of(ChildEvent::Started {
        initiated: 5,
        run_id: "r".to_owned(),
    });
    let jobs = feed(&mut machine, [(9, asked), (10, missed), (11, started)]).unwrap();
    assert_eq!(jobs.last(), Some(&Job::CancelChildAgain(OP)));
    machine.cancel_child_again(OP);
    assert_eq!(described(&machine), ["a request to cancel workflow `c`"]);
}

fn update(id: &str) -> UpdateRequest {
    UpdateRequest {
        id: id.to_owned(),
        name: "add".to_owned(),
        ..UpdateRequest::default()
    }
}

#[test]
fn an_update_is_accepted_and_completed_in_order() {
    let mut machine = begun();
    machine.deliver_update(update("u"), false);
    machine.deliver_update(update("u"), false);
    assert!(matches!(
        machine.poll_job(),
        Some(Job::Update {
            replayed: false,
            ..
        })
    ));
    assert_eq!(machine.poll_job(), None, "a known update is delivered once");
    machine.accept_update("u");
    machine.complete_update("u", Outcome::Completed(None));
    assert_eq!(
        described(&machine),
        ["update `u` accepted", "update `u` completed"]
    );
    let events = [
        (
            5,
            EventKind::Update(UpdateEvent::Accepted { id: "u".to_owned() }),
        ),
        (
            6,
            EventKind::Update(UpdateEvent::Completed { id: "u".to_owned() }),
        ),
    ];
    assert_eq!(feed(&mut machine, events), Ok(vec![]));
    assert_eq!(machine.expect_no_commands(6), Ok(()));
}

#[test]
fn a_rejected_update_is_no_command() {
    let mut machine = begun();
    machine.deliver_update(update("u"), false);
    assert!(machine.reject_update("u", Failure::default()).is_some());
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn the_close_must_match_too() {
    let mut machine = begun();
    machine.close(Command::CompleteWorkflow { result: None });
    let mismatch = feed(&mut machine, [(5, EventKind::Closed(CloseEvent::Failed))]).unwrap_err();
    assert_eq!(
        (mismatch.expected.as_str(), mismatch.found.as_str()),
        ("the workflow failed", "the workflow completed")
    );
}

#[test]
fn what_cannot_be_replayed_yet_is_said() {
    let mut machine = begun();
    let mismatch = feed(
        &mut machine,
        [(5, EventKind::Unsupported("a Nexus operation"))],
    )
    .unwrap_err();
    assert!(mismatch.unsupported);
    assert_eq!(
        mismatch.to_string(),
        "event 5 is a Nexus operation, which this version of temporal-runtime cannot replay yet"
    );
}

#[test]
fn jobs_keep_the_order_of_events() {
    let mut machine = begun();
    let signal = |id, name: &str| {
        let kind = EventKind::Signaled {
            name: name.to_owned(),
            input: vec![],
        };
        (id, kind)
    };
    let cancel = (
        3,
        EventKind::CancelRequested {
            reason: "enough".to_owned(),
        },
    );
    let jobs = feed(&mut machine, [signal(2, "a"), cancel, signal(4, "b")]).unwrap();
    let messages: Vec<bool> = jobs.iter().map(Job::is_message).collect();
    assert_eq!(messages, [true, false, true]);
}
