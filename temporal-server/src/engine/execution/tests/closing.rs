//! Ends of runs, and what is refused afterwards.

use super::*;
use crate::engine::execution::close::Termination;

#[test]
fn a_closed_run_has_no_timers_and_takes_nothing_more() {
    let mut bench = Bench::start();
    bench.step(vec![
        start_timer("t", SECOND),
        schedule_activity("1"),
        complete_workflow(),
    ]);
    assert!(
        bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::ClearTimers))
    );
    assert_eq!(bench.run.in_flight(), (0, 0));
    let (events, changes) = (bench.events(), bench.run.transitions);
    assert_eq!(bench.signal("s"), Err(Refusal::already_completed()));
    let terminated = bench.ask(|run, ctx| run.terminate(ctx, Termination::default()));
    assert_eq!(terminated, Err(Refusal::already_completed()));
    bench.pass(60 * SECOND);
    bench.fire(RunTimer::User(5));
    bench.fire(RunTimer::Activity(6));
    assert_eq!(bench.events(), events);
    assert_eq!(bench.run.transitions, changes, "lists show it as it ended");
}

#[test]
fn rule_25_event_ids_are_dense_from_one() {
    let mut bench = Bench::start();
    bench.poll();
    bench.signal("s").unwrap();
    bench.complete(vec![complete_workflow()]).unwrap_err();
    bench.step(vec![complete_workflow()]);
    let ids: Vec<i64> = bench
        .run
        .history
        .since(1)
        .iter()
        .map(|event| event.event_id)
        .collect();
    assert_eq!(
        ids,
        (1..=bench.run.history.last_event_id()).collect::<Vec<_>>()
    );
}

#[test]
fn rule_21_pages_end_with_transactions() {
    let mut bench = Bench::start();
    bench.step(vec![
        start_timer("a", SECOND),
        start_timer("b", SECOND),
        complete_workflow(),
    ]);
    let history = &bench.run.history;
    assert_eq!(history.end_of_batches(1, 1), 3);
    assert_eq!(history.end_of_batches(1, 2), 4);
    assert_eq!(history.end_of_batches(4, 2), history.next_event_id());
    assert_eq!(history.start_of_batch(6), 4);
}

#[test]
fn a_closed_run_is_the_same_when_it_is_unpacked_and_takes_less() {
    let mut bench = Bench::start();
    bench.step(vec![
        start_timer("t", SECOND),
        schedule_activity("1"),
        schedule_activity("2"),
    ]);
    bench.signal("s").unwrap();
    bench.step(vec![complete_workflow()]);
    // the next request begins a batch in any case
    bench.run.history.begin_batch();
    let was = format!("{:?}", bench.run);
    let packed = bench.run.pack();
    let (mut unpacked, _) = packed.unpack().unwrap();
    assert_eq!(format!("{unpacked:?}"), was);
    assert!(packed.bytes() < 3 * usize::try_from(bench.run.history.bytes()).unwrap());
    let (again, _) = unpacked.pack().unpack().unwrap();
    assert_eq!(format!("{again:?}"), was);
}
