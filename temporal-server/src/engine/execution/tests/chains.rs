//! Runs that follow runs.

use temporal_protos::common::{Memo, RetryPolicy};
use temporal_protos::enums::{ContinueAsNewInitiator as Initiator, RetryState};
use temporal_protos::history::history_event::Attributes;

use super::*;
use crate::engine::execution::start::NewRun;

fn successor(bench: &Bench) -> Option<&NewRun> {
    bench.effects.iter().find_map(|effect| match effect {
        Effect::Successor(next) => Some(&**next),
        _ => None,
    })
}

fn fail_workflow() -> Command {
    command(
        CommandType::FailWorkflowExecution,
        FailWorkflowExecutionCommandAttributes {
            failure: Some(application_failure()),
        },
    )
}

fn continue_as_new() -> Command {
    command(
        CommandType::ContinueAsNewWorkflowExecution,
        ContinueAsNewWorkflowExecutionCommandAttributes {
            input: Some(text("next")),
            ..Default::default()
        },
    )
}

#[test]
fn rule_110_continue_as_new_names_its_successor_and_waits_for_the_rest_of_a_second() {
    let mut bench = Bench::start();
    bench.poll();
    bench.pass(SECOND / 4);
    bench.complete(vec![continue_as_new()]).unwrap();
    assert_eq!(bench.last(1), ["ContinuedAsNew"]);
    let next = successor(&bench).unwrap();
    assert_eq!(next.backoff, SECOND * 3 / 4);
    assert_eq!(next.first_run_id, "run-1");
    assert_eq!(next.continued_run_id, "run-1");
    assert_eq!(next.input, Some(text("next")));
    assert_eq!(Some(&next.run_id), bench.run.successor.as_ref());
}

#[test]
fn rule_110_memo_attributes_and_retry_policy_come_from_the_command_and_timeouts_stay() {
    let start = || {
        Bench::start_with(|request| {
            request.workflow_run_timeout = Some(to_proto(60 * SECOND));
            request.workflow_task_timeout = Some(to_proto(7 * SECOND));
            request.retry_policy = Some(RetryPolicy::default());
            request.memo = Some(Memo {
                fields: [("note".to_owned(), Payload::default())].into(),
            });
        })
    };
    let mut bench = start();
    bench.step(vec![continue_as_new()]);
    let next = successor(&bench).unwrap();
    assert_eq!(next.run_timeout, 60 * SECOND);
    assert_eq!(next.task_timeout, 7 * SECOND);
    assert_eq!((&next.memo, &next.retry_policy), (&None, &None));
    assert_eq!(next.initiator, i32::from(Initiator::Workflow));

    let mut bench = start();
    let value = Payload {
        data: bytes::Bytes::from_static(b"1"),
        ..Payload::default()
    };
    let attributes = SearchAttributes {
        indexed_fields: [("CustomA".to_owned(), value)].into(),
    };
    bench.step(vec![command(
        CommandType::ContinueAsNewWorkflowExecution,
        ContinueAsNewWorkflowExecutionCommandAttributes {
            workflow_type: Some(temporal_protos::common::WorkflowType {
                name: "another".into(),
            }),
            task_queue: Some(queue("elsewhere")),
            workflow_run_timeout: Some(to_proto(30 * SECOND)),
            workflow_task_timeout: Some(to_proto(5 * SECOND)),
            search_attributes: Some(attributes.clone()),
            ..Default::default()
        },
    )]);
    let next = successor(&bench).unwrap();
    assert_eq!(
        (&*next.workflow_type, &*next.task_queue),
        ("another", "elsewhere")
    );
    assert_eq!(next.run_timeout, 30 * SECOND);
    assert_eq!(next.task_timeout, 5 * SECOND);
    assert_eq!(next.search_attributes, Some(attributes));
}

#[test]
fn rule_50_a_buffered_signal_stops_continue_as_new() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    let refused = bench.complete(vec![continue_as_new()]);
    assert_eq!(refused.unwrap_err(), Refusal::invalid("UnhandledCommand"));
    assert!(bench.run.is_running() && successor(&bench).is_none());
}

#[test]
fn rule_108_a_failed_run_is_retried_until_its_attempts_are_used_up() {
    let mut bench = Bench::start_with(|request| {
        request.retry_policy = Some(RetryPolicy {
            initial_interval: Some(to_proto(3 * SECOND)),
            maximum_attempts: 2,
            ..RetryPolicy::default()
        });
    });
    bench.poll();
    bench.complete(vec![fail_workflow()]).unwrap();
    let next = successor(&bench).unwrap();
    assert_eq!((next.attempt, next.backoff), (2, 3 * SECOND));
    assert_eq!(next.initiator, i32::from(Initiator::Retry));
    assert_eq!(next.continued_failure, Some(application_failure()));

    bench.run.start.attempt = 2;
    let (second, state) = bench.ask(|run, ctx| run.next_after_failure(ctx, &application_failure()));
    assert_eq!((second, state), (None, RetryState::MaximumAttemptsReached));
}

#[test]
fn rule_109_a_cron_run_is_followed_by_the_next() {
    let mut bench = Bench::start_with(|request| request.cron_schedule = "@every 10s".into());
    assert_eq!(
        bench.timer(RunTimer::FirstTask),
        Some(bench.now.plus(10 * SECOND))
    );
    bench.pass(10 * SECOND);
    bench.fire(RunTimer::FirstTask);
    bench.poll();
    bench.pass(4 * SECOND);
    bench.complete(vec![complete_workflow()]).unwrap();
    let next = successor(&bench).unwrap();
    assert_eq!(next.backoff, 6 * SECOND);
    assert_eq!(next.last_completion_result, Some(text("done")));
    assert_eq!(next.continued_failure, None);
}

#[test]
fn rule_107_a_run_timeout_is_retried_and_the_chains_end_is_not() {
    let timed_out = |bench: &Bench| {
        let end = bench
            .run
            .history
            .event(bench.run.history.last_event_id())
            .unwrap();
        match &end.attributes {
            Some(Attributes::WorkflowExecutionTimedOutEventAttributes(end)) => end.retry_state(),
            other => panic!("not a time-out: {other:?}"),
        }
    };
    let mut bench = Bench::start_with(|request| {
        request.workflow_run_timeout = Some(to_proto(5 * SECOND));
        request.workflow_execution_timeout = Some(to_proto(60 * SECOND));
        request.retry_policy = Some(RetryPolicy::default());
    });
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::Run);
    assert_eq!(timed_out(&bench), RetryState::InProgress);
    assert_eq!(successor(&bench).unwrap().expires, bench.run.start.expires);

    let mut bench = Bench::start_with(|request| {
        request.workflow_execution_timeout = Some(to_proto(5 * SECOND));
        request.retry_policy = Some(RetryPolicy::default());
    });
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::Execution);
    assert_eq!(timed_out(&bench), RetryState::Timeout);
    assert!(successor(&bench).is_none());
}

#[test]
fn rule_86_a_terminated_run_has_no_successor() {
    let mut bench = Bench::start_with(|request| request.cron_schedule = "@every 10s".into());
    bench.ask(|run, ctx| run.terminate_by_service(ctx, "enough"));
    assert!(successor(&bench).is_none());
}
