//! All transitions of a change: before it, patched, deprecated, gone.

use super::*;
use crate::machine::patch::{PatchMarker, RecordedPatch};

fn marker(id: &str, deprecated: bool) -> EventKind {
    EventKind::Patch(PatchMarker {
        id: id.to_owned(),
        deprecated,
    })
}

/// A machine that is about to replay a task which left these markers.
fn replaying(markers: &[&str]) -> Machine {
    let mut machine = begun();
    machine.recorded_patches(recorded(markers, true));
    machine
}

fn recorded(markers: &[&str], listed: bool) -> Vec<RecordedPatch> {
    let id = |id: &&str| RecordedPatch {
        id: (*id).to_owned(),
        listed,
    };
    markers.iter().map(id).collect()
}

/// What history has after the task; `Ok` if all of the code's commands are confirmed by it.
fn follow(machine: &mut Machine, events: &[EventKind]) -> Result<(), Mismatch> {
    let numbered = (5..).zip(events.iter().cloned());
    feed(machine, numbered)?;
    machine.expect_no_commands(99)
}

#[test]
fn a_new_run_takes_the_change_and_writes_marker_and_list() {
    let mut machine = begun();
    assert!(machine.patched("a", false, false));
    assert_eq!(described(&machine), ["patch `a`", "the list of patches"]);
    let context = CommandContext {
        machine: &machine,
        task_queue: "q",
        header: None,
    };
    let protos: Vec<_> = machine.commands().map(|c| context.to_proto(c)).collect();
    let details = match protos[0].attributes.clone() {
        Some(Attributes::RecordMarkerCommandAttributes(a)) => {
            assert_eq!(a.marker_name, "core_patch");
            a.details["patch-data"].payloads[0].clone()
        }
        other => panic!("no marker: {other:?}"),
    };
    assert_eq!(&details.data[..], br#"{"id":"a","deprecated":false}"#);
    assert_eq!(&details.metadata["encoding"][..], b"json/plain");
    let listed = match protos[1].attributes.clone() {
        Some(Attributes::UpsertWorkflowSearchAttributesCommandAttributes(a)) => {
            a.search_attributes.unwrap_or_default().indexed_fields["TemporalChangeVersion"].clone()
        }
        other => panic!("no upsert: {other:?}"),
    };
    assert_eq!(&listed.data[..], br#"["a"]"#);
    assert_eq!(&listed.metadata["encoding"][..], b"json/plain");
    assert_eq!(&listed.metadata["type"][..], b"KeywordList");
    let events = [marker("a", false), EventKind::PatchesListed];
    assert_eq!(follow(&mut machine, &events), Ok(()));
}

#[test]
fn asked_again_it_gives_the_same_answer_and_writes_nothing() {
    let mut machine = begun();
    for _ in 0..3 {
        assert!(machine.patched("a", false, false));
    }
    assert_eq!(machine.commands().count(), 2);
    assert!(
        machine.patched("a", true, false),
        "deprecated in the same run"
    );
    assert_eq!(machine.commands().count(), 2);
}

#[test]
fn the_list_grows_and_is_sorted() {
    let mut machine = begun();
    for id in ["second", "first", "third"] {
        assert!(machine.patched(id, false, false));
    }
    let lists: Vec<&Command> = machine.commands().skip(1).step_by(2).collect();
    let list = |ids: &[&str]| Command::ListPatches(ids.iter().map(ToString::to_string).collect());
    assert_eq!(
        lists,
        [
            &list(&["second"]),
            &list(&["first", "second"]),
            &list(&["first", "second", "third"])
        ]
    );
}

#[test]
fn a_history_without_the_marker_never_takes_the_change() {
    let mut machine = replaying(&[]);
    assert!(!machine.patched("a", false, true));
    assert_eq!(described(&machine), [""; 0]);
    assert_eq!(follow(&mut machine, &[]), Ok(()));
    assert!(
        !machine.patched("a", false, false),
        "nor when the run goes on live"
    );
    assert_eq!(described(&machine), [""; 0]);
}

#[test]
fn a_marker_satisfies_patched_and_deprecate_patch_whoever_wrote_it() {
    for (written, asked) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut machine = replaying(&["a"]);
        assert!(machine.patched("a", asked, true));
        let events = [marker("a", written), EventKind::PatchesListed];
        assert_eq!(
            follow(&mut machine, &events),
            Ok(()),
            "{written} and {asked}"
        );
    }
}

#[test]
fn a_marker_that_nobody_asks_for_is_a_mismatch() {
    let mut machine = replaying(&["a"]);
    let mismatch = follow(&mut machine, &[marker("a", false)]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        ("patch `a`", "no command")
    );
    let mut machine = replaying(&["a"]);
    machine.start_timer(OP, Duration::from_secs(1));
    let mismatch = follow(&mut machine, &[marker("a", false)]).unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.found),
        (5, "timer `1` of 1s started")
    );
}

#[test]
fn a_deprecated_marker_that_nobody_asks_for_is_skipped_with_its_list() {
    let mut machine = replaying(&["a"]);
    machine.start_timer(OP, Duration::from_secs(1));
    let events = [
        marker("a", true),
        EventKind::PatchesListed,
        timer_started("1"),
    ];
    assert_eq!(follow(&mut machine, &events), Ok(()));
}

#[test]
fn a_list_without_a_marker_is_a_mismatch() {
    let mut machine = replaying(&[]);
    let mismatch = follow(&mut machine, &[EventKind::PatchesListed]).unwrap_err();
    assert_eq!(
        (&*mismatch.expected, &*mismatch.found),
        ("the list of patches", "no command")
    );
    // only the list right behind a skipped marker belongs to it
    let mut machine = replaying(&["a"]);
    machine.start_timer(OP, Duration::from_secs(1));
    let events = [
        marker("a", true),
        timer_started("1"),
        EventKind::PatchesListed,
    ];
    assert_eq!(follow(&mut machine, &events).unwrap_err().event_id, 7);
}

#[test]
fn two_changes_live_side_by_side_in_all_orders() {
    let both = |first: &str, second: &str| {
        let mut machine = replaying(&["a", "b"]);
        assert!(machine.patched(first, false, true) && machine.patched(second, false, true));
        let events = [
            marker("a", false),
            EventKind::PatchesListed,
            marker("b", false),
            EventKind::PatchesListed,
        ];
        follow(&mut machine, &events)
    };
    assert_eq!(both("a", "b"), Ok(()));
    let mismatch = both("b", "a").unwrap_err();
    assert_eq!(
        (mismatch.event_id, &*mismatch.expected, &*mismatch.found),
        (5, "patch `a`", "patch `b`")
    );
    // one is new to a history with the other
    let mut machine = replaying(&["a"]);
    assert!(!machine.patched("b", false, true) && machine.patched("a", false, true));
    let events = [marker("a", false), EventKind::PatchesListed];
    assert_eq!(follow(&mut machine, &events), Ok(()));
}

#[test]
fn a_deprecated_marker_of_another_change_is_skipped_before_this_one() {
    let mut machine = replaying(&["old", "new"]);
    assert!(machine.patched("new", false, true));
    let events = [
        marker("old", true),
        EventKind::PatchesListed,
        marker("new", false),
        EventKind::PatchesListed,
    ];
    assert_eq!(follow(&mut machine, &events), Ok(()));
}

#[test]
fn a_marker_of_a_later_task_does_not_answer_an_earlier_question() {
    let mut machine = replaying(&[]);
    assert!(!machine.patched("a", false, true));
    assert_eq!(follow(&mut machine, &[]), Ok(()));
    machine.recorded_patches(recorded(&["a"], true));
    assert!(!machine.patched("a", false, true));
    assert!(follow(&mut machine, &[marker("a", false)]).is_err());
}

#[test]
fn without_a_list_in_history_none_is_expected() {
    let mut machine = begun();
    machine.recorded_patches(recorded(&["a"], false));
    assert!(machine.patched("a", false, true));
    assert_eq!(follow(&mut machine, &[marker("a", false)]), Ok(()));
}

#[test]
fn a_list_that_the_service_would_refuse_is_not_sent() {
    let mut machine = begun();
    let long = |n: u32| format!("{n:04}-{}", "x".repeat(507));
    for n in 0..3 {
        assert!(machine.patched(&long(n), false, false));
    }
    assert_eq!(machine.commands().count(), 6);
    assert!(machine.patched(&long(3), false, false));
    assert_eq!(
        machine.commands().count(),
        7,
        "2061 bytes: the marker alone"
    );
}
