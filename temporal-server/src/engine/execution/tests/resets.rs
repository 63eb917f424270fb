//! Resets: what the new run shares with the old one, what comes again, and what is left behind.

use temporal_protos::enums::{
    ParentClosePolicy, ResetReapplyExcludeType as Exclude, ResetReapplyType as Reapply,
};
use temporal_protos::history::WorkflowExecutionOptionsUpdatedEventAttributes;
use temporal_protos::history::history_event::Attributes;

use super::children::{child_ended, signal_other, with_child};
use super::updates::{accept, admit, message, respond, sent};
use super::*;
use crate::engine::effect::ExternalFailure;
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::execution::history::event;
use crate::engine::execution::reset::{Kept, Reset};

const EVERYTHING: Kept = Kept {
    signals: true,
    updates: true,
};

impl Bench {
    /// Ends the run, and goes on with the one that a reset makes of it.
    fn reset(self, finish_event_id: i64, keeps: Kept) -> Self {
        let mut old = self;
        old.run
            .check_reset(finish_event_id)
            .expect("it may be reset there");
        old.ask(|run, ctx| run.end_by_reset(ctx, "again"));
        assert_eq!(old.sent().len(), 0, "nobody hears of this end");
        let reset = Reset {
            finish_event_id,
            request_id: "reset-1".into(),
            new_run_id: "run-2".into(),
            reason: "again".into(),
            keeps,
            options: Vec::new(),
        };
        let later = old.run.history.since(finish_event_id).to_vec();
        let run = old.ask(|run, ctx| run.reset(ctx, &reset, &later, &[]));
        Self { run, ..old }
    }

    fn attributes(&self, event_id: i64) -> &Attributes {
        let event = self
            .run
            .history
            .event(event_id)
            .expect("there is such an event");
        event
            .attributes
            .as_ref()
            .expect("every event has attributes")
    }
}

#[test]
fn rule_113_only_the_end_of_a_workflow_task_can_be_the_point() {
    let mut bench = Bench::start();
    bench.step(vec![]);
    bench.signal("s").unwrap();
    bench.step(vec![]);
    let legal: Vec<i64> = (-1..11)
        .filter(|at| bench.run.check_reset(*at).is_ok())
        .collect();
    assert_eq!(legal, [3, 4, 7, 8]);
}

#[test]
fn rule_114_an_accepted_update_comes_again_by_an_event() {
    let mut bench = Bench::start();
    admit(&mut bench, "u").unwrap();
    bench.poll();
    let request = sent(&bench).remove(0);
    let messages = vec![accept(&request), respond(&request)];
    bench
        .complete_with(vec![], |completion| completion.messages = messages)
        .unwrap();
    assert_eq!(bench.last(2), ["UpdateAccepted", "UpdateCompleted"]);

    let mut bench = bench.reset(4, EVERYTHING);
    assert_eq!(
        bench.last(3),
        ["TaskFailed", "UpdateAdmitted", "TaskScheduled"]
    );
    bench.poll();
    // the worker finds it in history
    assert_eq!(sent(&bench), []);
    let acceptance = message(
        &request,
        "accept",
        &temporal_protos::update::Acceptance::default(),
    );
    let messages = vec![acceptance, respond(&request)];
    bench
        .complete_with(vec![], |completion| completion.messages = messages)
        .unwrap();
    assert_eq!(bench.last(2), ["UpdateAccepted", "UpdateCompleted"]);
    let Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(accepted) = bench.attributes(9)
    else {
        panic!("{:?}", bench.events());
    };
    assert_eq!(accepted.accepted_request, None, "the admitted event has it");
}

#[test]
fn rule_115_what_is_excluded_is_left_out() {
    let all = [Exclude::Signal.into(), Exclude::Update.into()];
    for (reapply, excluded, expected) in [
        (Reapply::Unspecified, &[][..], (true, true)),
        (Reapply::AllEligible, &[][..], (true, true)),
        (Reapply::Signal, &[][..], (true, false)),
        (Reapply::None, &[][..], (false, false)),
        (Reapply::Unspecified, &all[..1], (false, true)),
        (Reapply::Unspecified, &all[1..], (true, false)),
        (Reapply::Signal, &all[..1], (false, false)),
    ] {
        let kept = Kept::new(reapply.into(), excluded);
        assert_eq!(
            (kept.signals, kept.updates),
            expected,
            "{reapply:?} {excluded:?}"
        );
    }
}

#[test]
fn rule_114_a_signal_comes_again_once_and_a_cancel_request_does_not() {
    let mut bench = Bench::start();
    bench.step(vec![]);
    let signal = Signal {
        name: "s".into(),
        request_id: "r".into(),
        ..Signal::default()
    };
    bench
        .ask(|run, ctx| run.signal(ctx, signal.clone()))
        .unwrap();
    bench.ask(|run, ctx| run.request_cancel(ctx, CancelRequest::default()));
    let mut bench = bench.reset(4, EVERYTHING);
    assert_eq!(bench.last(3), ["TaskFailed", "Signaled", "TaskScheduled"]);
    assert!(bench.run.cancel_requested.is_none());
    bench.ask(|run, ctx| run.signal(ctx, signal)).unwrap();
    assert_eq!(bench.last(1), ["TaskScheduled"], "the request is known");
}

#[test]
fn rule_114_signals_that_waited_for_the_open_task_come_again() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("buffered").unwrap();
    let bench = bench.reset(3, EVERYTHING);
    assert_eq!(
        bench.events(),
        [
            "Started",
            "TaskScheduled",
            "TaskStarted",
            "TaskFailed",
            "Signaled",
            "TaskScheduled"
        ]
    );
}

#[test]
fn rule_115_a_child_that_ended_after_the_point_has_ended_for_the_new_run() {
    let mut bench = with_child(ParentClosePolicy::Terminate);
    bench.step(vec![]);
    child_ended(&mut bench);
    bench.step(vec![]);
    let bench = bench.reset(9, EVERYTHING);
    assert_eq!(
        bench.last(3),
        ["TaskFailed", "ChildCompleted", "TaskScheduled"]
    );
    let Attributes::ChildWorkflowExecutionCompletedEventAttributes(ended) = bench.attributes(10)
    else {
        panic!("{:?}", bench.events());
    };
    assert_eq!((ended.initiated_event_id, ended.started_event_id), (5, 6));
    assert!(bench.run.children.is_empty());
}

#[test]
fn rule_115_a_child_of_before_the_point_is_the_new_runs_and_one_of_after_it_nobodys() {
    let mut bench = with_child(ParentClosePolicy::Terminate);
    bench.step(vec![]);
    let bench = bench.reset(9, EVERYTHING);
    assert_eq!(bench.run.children.len(), 1);
    let bench = bench.reset(4, EVERYTHING);
    assert!(bench.run.children.is_empty());
}

#[test]
fn rule_115_an_answer_that_is_still_on_its_way_reaches_the_new_run() {
    let mut bench = Bench::start();
    bench.step(vec![signal_other("other")]);
    bench.signal("s").unwrap();
    bench.step(vec![]);
    let mut bench = bench.reset(9, EVERYTHING);
    assert_eq!(bench.sent().len(), 0, "it is not sent again");
    bench.ask(|run, ctx| run.signal_done(ctx, 5, Err(ExternalFailure::NotFound)));
    assert_eq!(bench.last(1), ["SignalExternalFailed"]);
}

#[test]
fn rule_114_timers_keep_their_time_and_timeouts_begin_anew() {
    let mut bench = Bench::start_with(|request| {
        request.workflow_run_timeout = Some(to_proto(100 * SECOND));
        request.workflow_execution_timeout = Some(to_proto(1000 * SECOND));
    });
    let started = bench.now;
    bench.step(vec![
        start_timer("short", SECOND),
        start_timer("long", 50 * SECOND),
    ]);
    bench.pass(2 * SECOND);
    bench.fire(RunTimer::User(5));
    bench.step(vec![]);
    bench.pass(8 * SECOND);
    let bench = bench.reset(9, EVERYTHING);
    assert_eq!(bench.timer(RunTimer::User(5)), None, "it has fired");
    assert_eq!(
        bench.timer(RunTimer::User(6)),
        Some(started.plus(50 * SECOND))
    );
    assert_eq!(bench.timer(RunTimer::Run), Some(started.plus(110 * SECOND)));
    assert_eq!(
        bench.timer(RunTimer::Execution),
        Some(started.plus(1010 * SECOND))
    );
}

#[test]
fn rule_114_an_attempt_that_was_running_is_forgotten() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("a")]);
    bench.poll_activity(5);
    bench.signal("s").unwrap();
    bench.step(vec![]);
    let bench = bench.reset(8, EVERYTHING);
    let dispatched = bench.effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::AddActivityTask {
                scheduled_event_id: 5,
                ..
            }
        )
    });
    assert!(dispatched);
    let activity = bench.run.activities.get(&5).expect("it is pending");
    assert!(!activity.is_started());
    assert_eq!(activity.attempt, 1);
}

#[test]
fn rule_113_a_run_that_never_had_a_task_has_no_point() {
    let mut bench = Bench::start_with(|request| {
        request.workflow_start_delay = Some(to_proto(10 * SECOND));
    });
    bench.signal("s").unwrap();
    let by = crate::engine::execution::close::Termination::default();
    bench.ask(|run, ctx| run.terminate(ctx, by)).unwrap();
    for point in [2, 3] {
        assert!(bench.run.check_reset(point).is_err());
    }
}

#[test]
fn rule_114_an_attached_request_is_attached_to_the_new_run() {
    let mut bench = Bench::start();
    bench.step(vec![]);
    let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
        attached_request_id: "start-2".into(),
        ..Default::default()
    };
    bench.ask(|run, ctx| run.receive(event(ctx.now, attributes)));
    let nothing = Kept {
        signals: false,
        updates: false,
    };
    let bench = bench.reset(4, nothing);
    assert_eq!(
        bench.last(3),
        ["TaskFailed", "OptionsUpdated", "TaskScheduled"]
    );
    let Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(again) = bench.attributes(5)
    else {
        panic!("not a change of options: {:?}", bench.attributes(5));
    };
    assert_eq!(again.attached_request_id, "start-2");
    assert_eq!(
        bench.run.request_ids.get("start-2").map(|made| made.1),
        Some(5)
    );
}
