//! Workflow tasks: attempts, stickiness, timeouts, heartbeats.

use super::*;
use crate::engine::execution::workflow_task::INLINE_REQUEST_ID;

#[test]
fn rule_26_many_events_make_one_task() {
    let mut bench = Bench::start();
    bench.step(vec![start_timer("t", 60 * SECOND)]);
    for name in ["a", "b", "c"] {
        bench.signal(name).unwrap();
    }
    assert_eq!(
        bench.last(4),
        ["Signaled", "TaskScheduled", "Signaled", "Signaled"]
    );
}

#[test]
fn rule_29_a_stale_completion_is_not_found_and_changes_nothing() {
    let mut bench = Bench::start();
    let stale = bench.poll();
    bench.complete(vec![start_timer("a", SECOND)]).unwrap();
    let events = bench.events();
    let again = RespondWorkflowTaskCompletedRequest {
        commands: vec![start_timer("b", SECOND)],
        ..Default::default()
    };
    let refused = bench.ask(|run, ctx| run.complete_task(ctx, &stale, again));
    assert_eq!(
        refused.unwrap_err(),
        Refusal::not_found("Workflow task not found.")
    );
    assert_eq!(bench.events(), events);
    assert!(bench.effects.is_empty());
}

#[test]
fn rule_32_the_next_task_comes_with_the_answer_and_not_through_the_queue() {
    let mut bench = Bench::start();
    bench.poll();
    let completed = bench
        .complete_with(vec![start_timer("t", SECOND)], |request| {
            request.force_create_new_workflow_task = true;
            request.return_new_workflow_task = true;
        })
        .unwrap();
    assert!(completed.has_new_task);
    assert_eq!(
        bench.last(3),
        ["TimerStarted", "TaskScheduled", "TaskStarted"]
    );
    assert!(
        !bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::AddWorkflowTask { .. }))
    );
    let started = bench
        .run
        .task
        .as_ref()
        .and_then(|task| task.started.as_ref())
        .unwrap();
    assert_eq!(started.request_id, INLINE_REQUEST_ID);
}

#[test]
fn rule_33_heartbeats_keep_the_scheduled_time_and_end_after_half_an_hour() {
    let mut bench = Bench::start();
    let scheduled = bench.now;
    bench.poll();
    let beat = |bench: &mut Bench| {
        bench.complete_with(Vec::new(), |request| {
            request.force_create_new_workflow_task = true;
            request.return_new_workflow_task = true;
        })
    };
    bench.pass(60 * SECOND);
    beat(&mut bench).unwrap();
    assert_eq!(
        bench.run.task.as_ref().unwrap().originally_scheduled,
        scheduled
    );
    bench.pass(1800 * SECOND);
    assert!(matches!(beat(&mut bench), Err(Refusal::NotFound(_))));
    assert_eq!(bench.last(2), ["TaskTimedOut", "TaskScheduled"]);
}

#[test]
fn rules_34_and_36_only_the_first_failure_is_written_and_the_next_success_shows_its_attempt() {
    let mut bench = Bench::start();
    bench.poll();
    bench.fail_task();
    assert_eq!(bench.last(2), ["TaskStarted", "TaskFailed"]);
    assert_eq!(bench.run.task.as_ref().unwrap().attempt, 2);
    bench.poll();
    bench.fail_task();
    assert_eq!(bench.events().len(), 4, "the second failure leaves nothing");
    bench.poll();
    assert_eq!(bench.run.unwritten_task_events(true).len(), 2);
    bench.complete(Vec::new()).unwrap();
    assert_eq!(
        bench.last(4),
        [
            "TaskFailed",
            "TaskScheduled",
            "TaskStarted",
            "TaskCompleted"
        ]
    );
    assert_eq!(bench.run.task_attempt, 1);
}

#[test]
fn rule_34_a_sticky_run_loses_its_stickiness_before_attempts_count() {
    let mut bench = Bench::start();
    bench.poll();
    bench
        .complete_with(Vec::new(), |request| {
            request.sticky_attributes = Some(sticky("s"))
        })
        .unwrap();
    bench.signal("s").unwrap();
    assert!(matches!(
        bench.effects.last(),
        Some(Effect::AddWorkflowTask { sticky: Some(name), .. }) if name == "s"
    ));
    bench.poll_from(true);
    bench.fail_task();
    assert_eq!(bench.run.task_attempt, 1);
    assert_eq!(bench.run.sticky, None);
    assert_eq!(bench.last(2), ["TaskFailed", "TaskScheduled"]);
}

#[test]
fn rule_35_an_event_before_a_second_attempt_makes_it_a_first_one() {
    let mut bench = Bench::start();
    bench.poll();
    bench.fail_task();
    bench.signal("s").unwrap();
    assert_eq!(bench.last(2), ["TaskFailed", "Signaled"]);
    bench.poll();
    assert_eq!(bench.last(3), ["Signaled", "TaskScheduled", "TaskStarted"]);
    assert_eq!(bench.run.task.as_ref().unwrap().attempt, 1);
}

#[test]
fn rule_37_a_bad_completion_of_a_later_attempt_leaves_the_task_with_its_worker() {
    let mut bench = Bench::start();
    bench.poll();
    bench.complete(vec![start_timer("", SECOND)]).unwrap_err();
    assert_eq!(bench.last(1), ["TaskFailed"]);
    bench.poll();
    bench.complete(vec![start_timer("", SECOND)]).unwrap_err();
    assert!(bench.run.task.as_ref().unwrap().is_started());
    bench.complete(vec![start_timer("t", SECOND)]).unwrap();
}

#[test]
fn rule_37_from_the_fourth_attempt_on_tasks_have_more_time() {
    let mut bench = Bench::start();
    for _ in 0..3 {
        bench.poll();
        bench.fail_task();
    }
    bench.poll();
    assert_eq!(
        bench.timer(RunTimer::WorkflowTask),
        Some(bench.now.plus(15 * SECOND))
    );
}

#[test]
fn rule_38_a_task_that_is_not_completed_in_time_is_tried_again() {
    let mut bench = Bench::start();
    let stale = bench.poll();
    let due = bench.timer(RunTimer::WorkflowTask).unwrap();
    bench.fire(RunTimer::WorkflowTask);
    assert_eq!(
        bench.last(1),
        ["TaskStarted"],
        "a timer that is not due does nothing"
    );
    bench.now = due;
    bench.fire(RunTimer::WorkflowTask);
    assert_eq!(bench.last(1), ["TaskTimedOut"]);
    assert_eq!(bench.run.task.as_ref().unwrap().attempt, 2);
    assert!(bench.run.check_task(&stale).is_err());
}

#[test]
fn rule_38_the_time_of_a_task_begins_when_a_worker_has_it() {
    let mut early = Bench::start();
    early.poll();
    let due = early.timer(RunTimer::WorkflowTask).unwrap();
    let mut late = Bench::start();
    assert_eq!(late.timer(RunTimer::WorkflowTask), None, "nobody has it");
    late.pass(24 * 3600 * SECOND);
    late.poll();
    let also_due = late.timer(RunTimer::WorkflowTask).unwrap();
    assert_eq!(also_due.since(late.now), due.since(early.now));
}

#[test]
fn rule_38_a_sticky_queue_that_nobody_polls_is_given_up() {
    let mut bench = Bench::start();
    bench.poll();
    bench
        .complete_with(Vec::new(), |request| {
            request.sticky_attributes = Some(sticky("s"))
        })
        .unwrap();
    bench.signal("s").unwrap();
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::WorkflowTask);
    assert_eq!(
        bench.last(3),
        ["TaskScheduled", "TaskTimedOut", "TaskScheduled"]
    );
    assert_eq!(bench.run.task_attempt, 1);
    assert!(matches!(
        bench.effects.last(),
        Some(Effect::AddWorkflowTask { sticky: None, .. })
    ));
}

#[test]
fn rule_44_a_sticky_poller_gets_no_task_of_a_run_that_has_moved() {
    let mut bench = Bench::start();
    bench.poll();
    bench
        .complete_with(Vec::new(), |request| {
            request.sticky_attributes = Some(sticky("s"))
        })
        .unwrap();
    bench.signal("s").unwrap();
    let stamp = bench.run.task.as_ref().unwrap().stamp;
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::WorkflowTask);
    // what the sticky queue still holds is no longer wanted
    assert!(!bench.ask(|run, ctx| run.start_task(ctx, stamp, "worker", "poll".into(), true)));
    bench.poll();
    assert_eq!(bench.last(2), ["TaskScheduled", "TaskStarted"]);
}

#[test]
fn rule_39_five_failed_tasks_in_a_row_are_reported_until_one_succeeds() {
    let mut bench = Bench::start();
    let reported = |bench: &Bench| {
        bench
            .run
            .search_attributes
            .indexed_fields
            .contains_key("TemporalReportedProblems")
    };
    for _ in 0..5 {
        assert!(!reported(&bench));
        bench.poll();
        bench.fail_task();
    }
    assert!(reported(&bench));
    bench.step(Vec::new());
    assert!(!reported(&bench));
}

#[test]
fn rule_43_a_sticky_task_from_the_normal_queue_ends_stickiness() {
    let mut bench = Bench::start();
    bench.poll();
    bench
        .complete_with(Vec::new(), |request| {
            request.sticky_attributes = Some(sticky("s"))
        })
        .unwrap();
    bench.signal("s").unwrap();
    bench.poll_from(false);
    assert_eq!(bench.run.sticky, None);
}

#[test]
fn rule_118_a_message_too_large_for_grpc_terminates() {
    let mut bench = Bench::start();
    let task = bench.poll();
    let cause = Cause::GrpcMessageTooLarge;
    bench
        .ask(|run, ctx| run.task_failed_by_worker(ctx, &task, cause, None, "worker"))
        .unwrap();
    assert_eq!(bench.last(2), ["TaskFailed", "Terminated"]);
}
