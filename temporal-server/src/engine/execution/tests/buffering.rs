//! Events that come while a task is started, and completions that are not taken.

use temporal_protos::history::history_event::Attributes;

use super::*;

#[test]
fn rule_46_what_comes_while_a_task_is_started_waits_for_it() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    assert_eq!(bench.last(1), ["TaskStarted"]);
    bench.complete(vec![start_timer("t", SECOND)]).unwrap();
    assert_eq!(
        bench.last(4),
        ["TaskCompleted", "TimerStarted", "Signaled", "TaskScheduled"]
    );
}

#[test]
fn rule_47_ends_of_activities_come_last_and_point_to_their_starts() {
    let mut bench = Bench::start();
    bench.step(vec![schedule_activity("1")]);
    let activity = bench.poll_activity(5);
    bench.signal("first").unwrap();
    bench.poll();
    bench
        .ask(|run, ctx| run.complete_activity(ctx, &activity, None, "worker"))
        .unwrap();
    bench.signal("second").unwrap();
    bench.complete(Vec::new()).unwrap();
    assert_eq!(
        bench.last(5),
        [
            "TaskCompleted",
            "ActivityTaskStarted",
            "Signaled",
            "ActivityTaskCompleted",
            "TaskScheduled"
        ]
    );
    let end = bench.run.history.event(12).unwrap();
    assert!(matches!(
        &end.attributes,
        Some(Attributes::ActivityTaskCompletedEventAttributes(a)) if a.started_event_id == 10
    ));
}

#[test]
fn rule_48_termination_does_not_wait_for_the_worker() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    bench.ask(|run, ctx| run.terminate_by_service(ctx, "enough"));
    assert_eq!(
        bench.last(4),
        ["TaskStarted", "TaskFailed", "Signaled", "Terminated"]
    );
}

#[test]
fn rule_49_too_many_buffered_events_fail_the_task() {
    let mut bench = Bench::start();
    bench.limits.buffered_events = 3;
    bench.poll();
    for number in 0..4 {
        bench.signal(&number.to_string()).unwrap();
    }
    assert_eq!(
        bench.last(5),
        ["TaskFailed", "Signaled", "Signaled", "Signaled", "Signaled"]
    );
    assert_eq!(bench.run.task.as_ref().unwrap().attempt, 2);
}

#[test]
fn rule_50_unhandled_command_flushes_the_buffer() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    let refused = bench.complete(vec![start_timer("t", SECOND), complete_workflow()]);
    assert_eq!(refused.unwrap_err(), Refusal::invalid("UnhandledCommand"));
    assert_eq!(
        bench.last(4),
        ["TaskStarted", "TaskFailed", "Signaled", "TaskScheduled"]
    );
    assert!(
        bench.run.timers.is_empty(),
        "nothing of the completion stays"
    );
}

#[test]
fn rule_51_after_an_unhandled_command_the_next_started_task_is_undisturbed() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    bench.complete(vec![complete_workflow()]).unwrap_err();
    bench.signal("before it starts").unwrap();
    bench.poll();
    assert_eq!(bench.signal("after"), Err(Refusal::closing()));
    bench.complete(vec![complete_workflow()]).unwrap();
    assert!(!bench.run.is_running());
}

#[test]
fn rule_52_a_cancelled_timer_never_fired() {
    let mut bench = Bench::start();
    bench.step(vec![start_timer("t", SECOND)]);
    bench.signal("s").unwrap();
    bench.poll();
    bench.pass(SECOND);
    bench.fire(RunTimer::User(5));
    bench
        .complete(vec![cancel_timer("t"), complete_workflow()])
        .unwrap();
    assert_eq!(
        bench.last(3),
        ["TaskCompleted", "TimerCanceled", "Completed"]
    );
}

#[test]
fn rule_53_the_first_bad_command_discards_all_of_a_completion() {
    let mut bench = Bench::start();
    bench.poll();
    let refused = bench.complete(vec![
        start_timer("a", SECOND),
        schedule_activity("1"),
        start_timer("a", SECOND),
    ]);
    assert_eq!(
        refused.unwrap_err(),
        Refusal::invalid(
            "StartTimerDuplicateId: invalid history builder state for action: add-timer-started-event, TimerID: a"
        )
    );
    assert_eq!(bench.last(2), ["TaskStarted", "TaskFailed"]);
    assert!(bench.run.timers.is_empty() && bench.run.activities.is_empty());
    let leftover = |effect: &Effect| {
        matches!(
            effect,
            Effect::AddActivityTask { .. } | Effect::SetTimer(RunTimer::User(_), _)
        )
    };
    assert!(!bench.effects.iter().any(leftover));
}

#[test]
fn rule_54_what_is_too_large_terminates() {
    let mut bench = Bench::start();
    bench.limits.blob_bytes = 10;
    bench.poll();
    let large = schedule_activity_with("1", |a| a.input = Some(text("more than ten bytes")));
    bench.complete(vec![large]).unwrap_err();
    assert_eq!(bench.last(2), ["TaskFailed", "Terminated"]);
}

#[test]
fn rule_55_nothing_may_follow_a_closing_command() {
    let mut bench = Bench::start();
    bench.poll();
    let refused = bench.complete(vec![complete_workflow(), start_timer("t", SECOND)]);
    assert_eq!(
        refused.unwrap_err(),
        Refusal::invalid(
            "invalid command sequence: [CompleteWorkflowExecution, StartTimer], command CompleteWorkflowExecution must be the last command."
        )
    );
    assert!(
        bench.run.task.as_ref().unwrap().is_started(),
        "the task is as it was"
    );
}

#[test]
fn timers_fire_once_and_only_when_due() {
    let mut bench = Bench::start();
    bench.step(vec![start_timer("t", 10 * SECOND)]);
    assert_eq!(
        bench.timer(RunTimer::User(5)),
        Some(bench.now.plus(10 * SECOND))
    );
    bench.fire(RunTimer::User(5));
    assert_eq!(bench.last(1), ["TimerStarted"]);
    bench.pass(10 * SECOND);
    bench.fire(RunTimer::User(5));
    bench.fire(RunTimer::User(5));
    assert_eq!(
        bench.last(3),
        ["TimerStarted", "TimerFired", "TaskScheduled"]
    );
}
