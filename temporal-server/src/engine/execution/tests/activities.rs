//! Activities: attempts, timeouts, cancellation, pauses.

use temporal_protos::common::RetryPolicy;
use temporal_protos::enums::{RetryState, TimeoutType};
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::history::history_event::Attributes;

use super::*;
use crate::engine::execution::activity::{ActivityPause, ActivityState};
use crate::engine::execution::activity_control::{GoOn, Which};

fn fail(bench: &mut Bench, activity: &ActivityRef) {
    bench
        .ask(|run, ctx| {
            run.fail_activity(ctx, activity, Some(application_failure()), None, "worker")
        })
        .expect("the attempt is known");
}

fn attempts(maximum: i32) -> RetryPolicy {
    RetryPolicy {
        maximum_attempts: maximum,
        ..RetryPolicy::default()
    }
}

/// Kind and retry state of the time-out in the last event but one.
fn timed_out(bench: &Bench) -> (TimeoutType, RetryState) {
    let event = bench
        .run
        .history
        .event(bench.run.history.last_event_id() - 1)
        .unwrap();
    let Some(Attributes::ActivityTaskTimedOutEventAttributes(end)) = &event.attributes else {
        panic!("not a time-out: {event:?}");
    };
    let failure = end.failure.as_ref().unwrap();
    let Some(FailureInfo::TimeoutFailureInfo(info)) = &failure.failure_info else {
        panic!("not a time-out: {failure:?}");
    };
    (info.timeout_type(), end.retry_state())
}

#[test]
fn rule_58_timeouts_are_filled_from_each_other() {
    let mut bench = Bench::start_with(|r| r.workflow_run_timeout = Some(to_proto(30 * SECOND)));
    bench.step(vec![schedule_activity_with("1", |a| {
        a.start_to_close_timeout = Some(to_proto(100 * SECOND));
        a.heartbeat_timeout = Some(to_proto(100 * SECOND));
    })]);
    let activity = bench.run.activities.get(&5).unwrap();
    let timeouts = [
        activity.schedule_to_close,
        activity.schedule_to_start,
        activity.start_to_close,
        activity.heartbeat,
    ];
    assert_eq!(timeouts, [30 * SECOND; 4]);
}

#[test]
fn rule_59_an_eager_activity_comes_with_the_answer() {
    let mut bench = Bench::start();
    bench.poll();
    let eager = schedule_activity_with("1", |a| a.request_eager_execution = true);
    let completed = bench.complete(vec![eager, schedule_activity("2")]).unwrap();
    assert_eq!(completed.activities.len(), 1);
    let queued = |effect: &Effect| {
        matches!(
            effect,
            Effect::AddActivityTask {
                scheduled_event_id: 6,
                ..
            }
        )
    };
    assert_eq!(
        bench.effects.iter().filter(|effect| queued(effect)).count(),
        1
    );
    assert_eq!(
        bench.last(2),
        ["ActivityTaskScheduled", "ActivityTaskScheduled"]
    );
}

#[test]
fn rule_89_the_start_is_written_with_the_end() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let activity = bench.poll_activity(5);
    assert_eq!(bench.last(1), ["ActivityTaskScheduled"]);
    bench
        .ask(|run, ctx| run.complete_activity(ctx, &activity, Some(text("out")), "worker"))
        .unwrap();
    assert_eq!(
        bench.last(3),
        [
            "ActivityTaskStarted",
            "ActivityTaskCompleted",
            "TaskScheduled"
        ]
    );
    let again = bench.ask(|run, ctx| run.complete_activity(ctx, &activity, None, "worker"));
    assert!(matches!(again, Err(Refusal::NotFound(_))));
}

#[test]
fn rule_90_a_failed_attempt_waits_and_goes_back_to_the_queue() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.retry_policy = Some(attempts(2))
    })]);
    let first = bench.poll_activity(5);
    fail(&mut bench, &first);
    assert_eq!(
        bench.last(1),
        ["ActivityTaskScheduled"],
        "a retry leaves no event"
    );
    assert_eq!(
        bench.timer(RunTimer::Activity(5)),
        Some(bench.now.plus(SECOND))
    );
    assert_eq!(
        bench.run.in_flight(),
        (0, 0),
        "time may be skipped during the wait"
    );
    bench.pass(SECOND);
    bench.fire(RunTimer::Activity(5));
    assert!(
        bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::AddActivityTask { .. }))
    );
    let second = bench.poll_activity(5);
    fail(&mut bench, &second);
    assert_eq!(
        bench.last(3),
        ["ActivityTaskStarted", "ActivityTaskFailed", "TaskScheduled"]
    );
}

#[test]
fn rule_90_a_cancelled_activity_is_not_retried() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let activity = bench.poll_activity(5);
    bench.signal("s").unwrap();
    bench.step(vec![cancel_activity(5)]);
    fail(&mut bench, &activity);
    assert_eq!(bench.last(2), ["ActivityTaskFailed", "TaskScheduled"]);
}

#[test]
fn rule_92_which_timeouts_are_final() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.schedule_to_close_timeout = Some(to_proto(5 * SECOND));
        a.start_to_close_timeout = None;
    })]);
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        timed_out(&bench),
        (TimeoutType::ScheduleToStart, RetryState::Timeout)
    );
    assert_eq!(bench.last(2), ["ActivityTaskTimedOut", "TaskScheduled"]);
}

#[test]
fn rule_92_an_attempt_without_time_for_another_ends_the_activity() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.schedule_to_close_timeout = Some(to_proto(10 * SECOND));
        a.start_to_close_timeout = Some(to_proto(9 * SECOND + SECOND / 2));
    })]);
    bench.poll_activity(5);
    bench.pass(9 * SECOND + SECOND / 2);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        timed_out(&bench),
        (TimeoutType::ScheduleToClose, RetryState::Timeout)
    );
}

#[test]
fn rules_93_and_94_heartbeats_move_the_deadline_and_their_details_stay() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.heartbeat_timeout = Some(to_proto(2 * SECOND));
        a.retry_policy = Some(attempts(1));
    })]);
    let activity = bench.poll_activity(5);
    bench.pass(SECOND);
    bench
        .ask(|run, ctx| run.heartbeat_activity(ctx, &activity, Some(text("half"))))
        .unwrap();
    bench.pass(SECOND);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        bench.timer(RunTimer::Activity(5)),
        Some(bench.now.plus(SECOND))
    );
    bench.pass(SECOND);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        timed_out(&bench),
        (TimeoutType::Heartbeat, RetryState::MaximumAttemptsReached)
    );
}

#[test]
fn rule_95_only_the_running_attempt_may_speak() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let first = bench.poll_activity(5);
    fail(&mut bench, &first);
    let refused = bench.ask(|run, ctx| run.heartbeat_activity(ctx, &first, None));
    assert!(matches!(refused, Err(Refusal::NotFound(_))));
    let by_id = ActivityRef::Id("1".into());
    assert!(
        bench
            .ask(|run, ctx| run.heartbeat_activity(ctx, &by_id, None))
            .is_err()
    );
}

#[test]
fn rule_97_by_id_what_was_never_started_can_be_completed() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let by_id = ActivityRef::Id("1".into());
    bench
        .ask(|run, ctx| run.complete_activity(ctx, &by_id, None, "client"))
        .unwrap();
    assert_eq!(
        bench.last(3),
        [
            "ActivityTaskStarted",
            "ActivityTaskCompleted",
            "TaskScheduled"
        ]
    );
}

#[test]
fn rule_99_what_no_worker_has_is_cancelled_at_once() {
    let mut bench = Bench::start();
    bench.poll();
    bench
        .complete(vec![schedule_activity("1"), cancel_activity(5)])
        .unwrap();
    assert_eq!(
        bench.last(4),
        [
            "ActivityTaskScheduled",
            "ActivityTaskCancelRequested",
            "ActivityTaskCanceled",
            "TaskScheduled"
        ]
    );
}

#[test]
fn rule_99_a_running_activity_hears_of_it_by_its_heartbeat() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let activity = bench.poll_activity(5);
    let early = bench.ask(|run, ctx| run.cancel_activity(ctx, &activity, None, "worker"));
    assert!(matches!(early, Err(Refusal::InvalidArgument(_))));
    bench.signal("s").unwrap();
    bench.step(vec![cancel_activity(5)]);
    let beat = bench
        .ask(|run, ctx| run.heartbeat_activity(ctx, &activity, None))
        .unwrap();
    assert!(beat.cancel_requested);
    bench
        .ask(|run, ctx| run.cancel_activity(ctx, &activity, None, "worker"))
        .unwrap();
    assert_eq!(
        bench.last(3),
        [
            "ActivityTaskStarted",
            "ActivityTaskCanceled",
            "TaskScheduled"
        ]
    );
}

#[test]
fn rule_100_a_paused_activity_is_not_handed_out_until_the_pause_ends() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let (stamp, all) = (bench.run.activities.get(&5).unwrap().stamp, Which::All);
    let pause = |request_id: &str| ActivityPause {
        at: Time::from_nanos(0),
        identity: "operator".into(),
        reason: String::new(),
        request_id: request_id.into(),
    };
    bench
        .ask(|run, ctx| run.pause_activities(ctx, &all, &pause("1")))
        .unwrap();
    bench
        .ask(|run, ctx| run.pause_activities(ctx, &all, &pause("1")))
        .unwrap();
    let refused = bench.ask(|run, ctx| run.pause_activities(ctx, &all, &pause("2")));
    assert_eq!(
        refused,
        Err(Refusal::precondition("activity is already paused"))
    );
    assert!(
        bench
            .ask(|run, ctx| run.start_activity(ctx, 5, stamp, "worker"))
            .is_none()
    );
    bench
        .ask(|run, ctx| run.unpause_activities(ctx, &all, GoOn::default()))
        .unwrap();
    assert!(
        bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::AddActivityTask { .. }))
    );
    bench.poll_activity(5);
}

#[test]
fn rule_100_a_reset_begins_with_the_first_attempt_again() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let first = bench.poll_activity(5);
    fail(&mut bench, &first);
    assert!(matches!(
        bench.run.activities.get(&5).unwrap().state,
        ActivityState::Backoff(_)
    ));
    bench
        .ask(|run, ctx| run.reset_activities(ctx, &Which::All, GoOn::default()))
        .unwrap();
    assert_eq!(bench.run.activities.get(&5).unwrap().attempt, 1);
    bench.poll_activity(5);
}

#[test]
fn rule_100_nothing_times_out_while_an_activity_is_paused() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.schedule_to_close_timeout = Some(to_proto(20 * SECOND));
        a.start_to_close_timeout = Some(to_proto(SECOND));
        a.heartbeat_timeout = Some(to_proto(SECOND));
        a.retry_policy = Some(attempts(1));
    })]);
    bench.poll_activity(5);
    let pause = ActivityPause {
        at: bench.now,
        identity: "operator".into(),
        reason: String::new(),
        request_id: "1".into(),
    };
    bench
        .ask(|run, ctx| run.pause_activities(ctx, &Which::All, &pause))
        .unwrap();
    assert_eq!(bench.run.activities.get(&5).unwrap().timer, None);
    bench.pass(30 * SECOND);
    bench.fire(RunTimer::Activity(5));
    assert!(
        bench.run.activities.get(&5).is_some(),
        "it is still pending"
    );
    bench
        .ask(|run, ctx| run.reset_activities(ctx, &Which::All, GoOn::default()))
        .unwrap();
    assert!(bench.timer(RunTimer::Activity(5)).unwrap() <= bench.now);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        timed_out(&bench),
        (
            TimeoutType::StartToClose,
            RetryState::MaximumAttemptsReached
        )
    );
}

#[test]
fn rule_93_an_eager_attempt_ends_with_its_activity() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity_with("1", |a| {
        a.schedule_to_close_timeout = Some(to_proto(2 * SECOND));
        a.start_to_close_timeout = Some(to_proto(3 * SECOND));
        a.retry_policy = Some(attempts(1));
    })]);
    bench.poll_activity(5);
    bench.pass(2 * SECOND);
    bench.fire(RunTimer::Activity(5));
    assert_eq!(
        timed_out(&bench),
        (TimeoutType::ScheduleToClose, RetryState::Timeout)
    );
}

#[test]
fn rule_57_queues_of_the_services_own_workers_are_out_of_reach() {
    let mut bench = Bench::start();
    bench.poll();
    let command = schedule_activity_with("1", |a| {
        a.task_queue.as_mut().unwrap().name = "temporal-sys-per-ns-tq".into();
    });
    let refused = bench.complete_with(vec![command], |_| {}).unwrap_err();
    assert_eq!(
        refused,
        Refusal::invalid(
            "BadScheduleActivityAttributes: cannot use internal per-namespace task queue:temporal-sys-per-ns-tq (in parent component task queue: q)"
        )
    );
}
