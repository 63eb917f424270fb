//! The time of one run.

use temporal_protos::common::{FastForwardConfig, TimeSkippingConfig};
use temporal_protos::enums::FastForwardPollingResult;
use temporal_protos::history::history_event::Attributes;
use temporal_protos::workflow::WorkflowExecutionOptions;

use super::*;
use crate::engine::execution::fast_forward::FastForwardLook;
use crate::engine::execution::options::OptionsChange;
use crate::engine::execution::time_skipping::TimeSkipping;

const HOUR: Duration = Duration::from_secs(3600);

fn limits() -> Limits {
    Limits {
        skips_time_of_workflows: true,
        ..Limits::default()
    }
}

fn change(config: TimeSkippingConfig) -> Result<OptionsChange, Refusal> {
    let options = WorkflowExecutionOptions {
        time_skipping_config: Some(config),
        ..Default::default()
    };
    OptionsChange::new(&limits(), options, &["time_skipping_config".into()])
}

fn enabled() -> TimeSkippingConfig {
    TimeSkippingConfig {
        enabled: true,
        ..Default::default()
    }
}

fn forward(hours: u32) -> TimeSkippingConfig {
    TimeSkippingConfig {
        fast_forward_config: Some(FastForwardConfig {
            id: "f".into(),
            duration: Some(to_proto(HOUR * hours)),
        }),
        ..enabled()
    }
}

/// A run that has begun to skip time, and has these commands behind it.
fn skipping(config: TimeSkippingConfig, commands: Vec<Command>) -> Bench {
    let mut bench = Bench::start();
    set(&mut bench, config);
    bench.step(commands);
    bench
}

fn set(bench: &mut Bench, config: TimeSkippingConfig) {
    let change = change(config).unwrap();
    bench
        .ask(|run, ctx| run.change_options(ctx, change, "me"))
        .unwrap();
}

/// The driver asks at the end of a request; the run's time is ahead by what it says.
fn skip(bench: &mut Bench) -> Option<Duration> {
    let skipped = bench.ask(|run, ctx| run.skip_time(ctx));
    bench.pass(skipped.unwrap_or_default());
    skipped
}

#[test]
fn rule_172_time_jumps_to_what_the_run_waits_for_next() {
    let mut bench = skipping(
        enabled(),
        vec![start_timer("b", HOUR * 2), start_timer("a", HOUR)],
    );
    let now = bench.now;
    assert_eq!(skip(&mut bench), Some(HOUR));
    assert_eq!(bench.last(1), ["TimeSkippingTransitioned"]);
    assert_eq!(bench.run.time_skipping.ahead, HOUR);
    assert_eq!(bench.now, now.plus(HOUR));
    // The timer is due: nothing is skipped before it has fired.
    assert_eq!(skip(&mut bench), None);
    let first = bench.run.timers.get("a").unwrap().started_event_id;
    bench.fire(RunTimer::User(first));
    assert_eq!(bench.last(2), ["TimerFired", "TaskScheduled"]);
    assert_eq!(skip(&mut bench), None, "a task is pending");
    bench.step(vec![]);
    assert_eq!(skip(&mut bench), Some(HOUR));
    assert_eq!(bench.run.time_skipping.skips, 2);
}

#[test]
fn rule_172_a_jump_tells_the_time_of_the_service_too() {
    let minute = Duration::from_secs(60);
    let mut bench = skipping(
        enabled(),
        vec![start_timer("a", HOUR), start_timer("b", HOUR * 9)],
    );
    let began = bench.now;
    assert_eq!(skip(&mut bench), Some(HOUR));
    bench.pass(minute);
    let first = bench.run.timers.get("a").unwrap().started_event_id;
    bench.fire(RunTimer::User(first));
    bench.step(vec![]);
    assert_eq!(skip(&mut bench), Some(HOUR * 8 - minute));
    let events = bench.run.history.since(1);
    let told: Vec<_> = (events.iter())
        .filter_map(|event| match &event.attributes {
            Some(Attributes::WorkflowExecutionTimeSkippingTransitionedEventAttributes(jump)) => {
                Some((event.event_time, jump.wall_clock_time, jump.target_time))
            }
            _ => None,
        })
        .collect();
    let times = |own: Time, outside: Time, target: Time| {
        let [own, outside, target] = [own, outside, target].map(|time| Some(time.to_proto()));
        (own, outside, target)
    };
    let end = began.plus(HOUR * 9);
    assert_eq!(
        told,
        [
            times(began, began, began.plus(HOUR)),
            times(began.plus(HOUR + minute), began.plus(minute), end),
        ]
    );
}

#[test]
fn rule_172_nothing_is_skipped_while_something_is_under_way_or_nothing_comes() {
    let mut bench = skipping(enabled(), vec![]);
    assert_eq!(skip(&mut bench), None, "nothing comes");
    let mut bench = skipping(TimeSkippingConfig::default(), vec![start_timer("a", HOUR)]);
    assert_eq!(skip(&mut bench), None, "it is not enabled");
    let mut bench = skipping(
        enabled(),
        vec![start_timer("a", HOUR), schedule_activity("1")],
    );
    assert_eq!(skip(&mut bench), None, "an activity waits for a worker");
    let scheduled = *bench.run.activity_ids.get("1").unwrap();
    bench.poll_activity(scheduled);
    assert_eq!(skip(&mut bench), None, "a worker has it");
}

#[test]
fn rule_172_a_fast_forward_ends_skipping_at_its_target() {
    let mut bench = skipping(
        forward(3),
        vec![start_timer("a", HOUR), start_timer("b", HOUR * 9)],
    );
    assert_eq!(skip(&mut bench), Some(HOUR));
    let first = bench.run.timers.get("a").unwrap().started_event_id;
    bench.fire(RunTimer::User(first));
    bench.step(vec![]);
    assert_eq!(
        skip(&mut bench),
        Some(HOUR * 2),
        "the target comes before the timer"
    );
    assert!(!bench.run.time_skipping.config.as_ref().unwrap().enabled);
    assert_eq!(skip(&mut bench), None);
}

#[test]
fn rule_172_a_fast_forward_ends_by_itself_when_its_time_has_come() {
    let mut bench = skipping(forward(1), vec![schedule_activity("1")]);
    let due = bench.run.time_skipping.fast_forwards_to().unwrap();
    bench.fire(RunTimer::FastForward);
    assert!(
        bench.run.time_skipping.fast_forwards_to().is_some(),
        "it is too early"
    );
    bench.now = due;
    bench.fire(RunTimer::FastForward);
    assert_eq!(bench.last(1), ["TimeSkippingTransitioned"]);
    assert_eq!(bench.run.time_skipping.ahead, Duration::ZERO);
    assert!(!bench.run.time_skipping.config.as_ref().unwrap().enabled);
}

#[test]
fn rule_172_the_end_of_a_fast_forward_waits_for_a_task_that_a_worker_has() {
    let mut bench = skipping(forward(1), vec![]);
    bench.signal("s").unwrap();
    bench.poll();
    bench.now = bench.run.time_skipping.fast_forwards_to().unwrap();
    bench.fire(RunTimer::FastForward);
    assert_eq!(bench.last(1), ["TaskStarted"]);
    assert!(!bench.run.time_skipping.config.as_ref().unwrap().enabled);
    bench.complete(vec![start_timer("a", HOUR)]).unwrap();
    assert_eq!(
        bench.last(4),
        [
            "TaskCompleted",
            "TimerStarted",
            "TimeSkippingTransitioned",
            "TaskScheduled"
        ]
    );
}

#[test]
fn rule_172_a_session_has_a_budget_and_another_configuration_begins_another() {
    let config = TimeSkippingConfig {
        max_session_skip_count: 1,
        ..enabled()
    };
    let mut bench = skipping(config.clone(), vec![start_timer("a", HOUR)]);
    assert_eq!(skip(&mut bench), Some(HOUR));
    assert!(!bench.run.time_skipping.config.as_ref().unwrap().enabled);
    let started = bench.run.timers.get("a").unwrap().started_event_id;
    bench.fire(RunTimer::User(started));
    bench.step(vec![start_timer("b", HOUR)]);
    assert_eq!(skip(&mut bench), None);
    set(&mut bench, config);
    assert_eq!(bench.run.time_skipping.skips, 0);
    assert_eq!(skip(&mut bench), Some(HOUR));
    assert_eq!(
        change(enabled()),
        change(TimeSkippingConfig {
            max_session_skip_count: 200,
            ..enabled()
        })
    );
}

#[test]
fn rule_172_the_next_run_inherits_all_and_a_child_its_time() {
    let mut bench = skipping(forward(9), vec![start_timer("a", HOUR)]);
    skip(&mut bench);
    let target = bench.run.time_skipping.fast_forwards_to();
    let (config, state) = bench.run.time_skipping.of_successor();
    let state = state.unwrap();
    assert_eq!(
        config.unwrap().fast_forward_config,
        forward(9).fast_forward_config
    );
    assert_eq!(state.initial_skipped_duration, Some(to_proto(HOUR)));
    assert_eq!(state.fast_forward_target_time, target.map(Time::to_proto));
    assert_eq!(state.initial_skip_count, 1);
    let (config, state) = bench.run.time_skipping.of_child();
    let state = state.unwrap();
    assert_eq!(config.unwrap().fast_forward_config, None);
    assert_eq!(state.initial_skipped_duration, Some(to_proto(HOUR)));
    assert_eq!(
        (state.fast_forward_target_time, state.initial_skip_count),
        (None, 0)
    );
    set(
        &mut bench,
        TimeSkippingConfig {
            disable_propagation: true,
            ..enabled()
        },
    );
    let (config, state) = bench.run.time_skipping.of_child();
    assert!(config.is_none() && state.is_some());
}

#[test]
fn rule_172_what_was_skipped_until_an_event_follows_from_history() {
    let mut bench = skipping(forward(9), vec![start_timer("a", HOUR)]);
    assert_eq!(skip(&mut bench), Some(HOUR));
    let started = bench.run.timers.get("a").unwrap().started_event_id;
    bench.fire(RunTimer::User(started));
    bench.step(vec![start_timer("b", HOUR * 2)]);
    assert_eq!(skip(&mut bench), Some(HOUR * 2));
    let end = bench.run.history.next_event_id();
    let before = |end| bench.run.time_skipping_before(end);
    assert_eq!(before(end), bench.run.time_skipping);
    let earlier = before(end - 1);
    assert_eq!((earlier.ahead, earlier.skips), (HOUR, 1));
    assert_eq!(
        earlier.fast_forwards_to(),
        bench.run.time_skipping.fast_forwards_to()
    );
    assert_eq!(before(2), TimeSkipping::default());
}

#[test]
fn rule_172_who_waits_for_a_fast_forward_hears_what_became_of_it() {
    use FastForwardPollingResult::{FastForwardCompleted, FastForwardFailed};
    let mut bench = skipping(forward(3), vec![schedule_activity("1")]);
    let look = |bench: &Bench, id, pending| match bench.run.look_at_fast_forward(id, pending) {
        FastForwardLook::Done(outcome) => (outcome.result, outcome.failed_reason),
        other => panic!("{other:?}"),
    };
    let target = bench.run.time_skipping.fast_forwards_to().unwrap();
    assert_eq!(
        bench.run.look_at_fast_forward("f", None),
        FastForwardLook::Pending(target)
    );
    let (result, reason) = look(&bench, "g", None);
    assert_eq!(result, FastForwardFailed);
    assert!(reason.contains("does not match"), "{reason}");
    set(&mut bench, forward(4));
    let reset = (FastForwardFailed, "the fast-forward was reset");
    assert_eq!(look(&bench, "f", Some(target)), reset);
    bench.now = bench.run.time_skipping.fast_forwards_to().unwrap();
    bench.fire(RunTimer::FastForward);
    assert_eq!(look(&bench, "f", None), (FastForwardCompleted, ""));
    let info = bench.run.fast_forward_info().unwrap();
    assert!(info.has_completed && info.fast_forward_id == "f");
}

#[test]
fn rule_172_it_is_off_unless_the_configuration_has_it() {
    let off = crate::engine::execution::time_skipping::checked(&Limits::default(), Some(enabled()));
    assert_eq!(
        off,
        Err(Refusal::Unimplemented(
            "The Time-Skipping feature is not enabled for namespace.".into()
        ))
    );
}
