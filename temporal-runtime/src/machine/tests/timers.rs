//! Timers: cancelled before and after they fired, on replay, and against histories of other code.

use super::*;

#[test]
fn a_replayed_timer_leaves_nothing_to_send() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    feed(&mut machine, [(5, timer_started("1"))]).unwrap();
    machine.cancel_timer(OP);
    machine.cancel_timer(OP);
    assert_eq!(described(&machine), ["timer `1` cancelled"], "once");
    let jobs = feed(&mut machine, [(9, timer_canceled("1", 5))]);
    assert_eq!(jobs, Ok(vec![]), "who cancelled it has its answer");
    assert_eq!(machine.expect_no_commands(9), Ok(()));
}

#[test]
fn a_timer_cancelled_after_it_fired_issues_nothing() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    feed(
        &mut machine,
        [(5, timer_started("1")), (6, timer_fired("1", 5))],
    )
    .unwrap();
    machine.cancel_timer(OP);
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn a_timer_of_another_number_is_a_mismatch() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    let mismatch = feed(&mut machine, [(5, timer_started("2"))]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (5, "timer `2` started", "timer `1` of 1s started")
    );
}

#[test]
fn the_end_of_a_timer_that_never_began_is_a_mismatch() {
    let mut machine = begun();
    let mismatch = feed(&mut machine, [(6, timer_fired("1", 5))]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        (
            "timer `1` fired that began with event 5",
            "no such operation"
        )
    );
}

#[test]
fn a_timer_fires_once() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    let events = [
        (5, timer_started("1")),
        (6, timer_fired("1", 5)),
        (7, timer_fired("1", 5)),
    ];
    let mismatch = feed(&mut machine, events).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.found),
        (7, "the timer is None")
    );
}

#[test]
fn a_cancelled_timer_that_the_code_leaves_alone_is_a_mismatch() {
    let mut machine = begun();
    machine.start_timer(OP, Duration::from_secs(1));
    feed(&mut machine, [(5, timer_started("1"))]).unwrap();
    let mismatch = feed(&mut machine, [(9, timer_canceled("1", 5))]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        ("timer `1` cancelled", "no command")
    );
}
