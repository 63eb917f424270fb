//! Histories that no service made: cut off, shuffled, of another workflow, with events and payloads that nobody knows.
//! Each replays to what is left of it, or is refused in words; nothing panics, and nothing is taken for what it is not.

use temporal_protos::{
    common::Payload,
    history::{HistoryEvent, history_event::Attributes},
};
use temporal_runtime::replay::{Replayed, Replayer};

use super::mutated::{ends_a_local_activity, made_by, recorded, replay};

fn replayer() -> Replayer {
    Replayer::new().expect("each workflow is registered once")
}

/// Between tasks a history may end: the run is open. In the middle of what a task made, history lacks a command.
#[test]
fn cut_off_at_any_event() {
    let (replayer, mut count, mut wrong) = (replayer(), 0, Vec::new());
    for (name, events) in recorded() {
        let every = events.len().div_ceil(60).max(1);
        for end in (1..events.len()).step_by(every) {
            count += 1;
            let result = replay(&replayer, None, &events[..end]);
            let lacks = made_by(&events[end]).is_some();
            // whether the task accepted one more update, and what that would have led to, nobody can tell
            let accepts = matches!(
                events[end].attributes,
                Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(
                    _
                ))
            );
            match result {
                // a local activity that has not ended would be run anew
                Ok(Replayed::Open) if !lacks || ends_a_local_activity(&events[end]) => {}
                Err(error) if (lacks || accepts) && error.non_determinism => {
                    let at = error.mismatch.map_or(0, |mismatch| mismatch.event_id);
                    if at != events[end - 1].event_id {
                        wrong.push(format!("`{name}` up to {end}: found at {at}"));
                    }
                }
                other => wrong.push(format!("`{name}` up to {end} (lacks: {lacks}): {other:?}")),
            }
        }
    }
    assert!(count > 1000, "only {count} histories");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What was signalled, in order: in another order it is another run, which may well be whole and end otherwise.
fn signals(events: &[HistoryEvent]) -> Vec<&Attributes> {
    events
        .iter()
        .filter_map(|event| event.attributes.as_ref())
        .filter(|a| matches!(a, Attributes::WorkflowExecutionSignaledEventAttributes(_)))
        .collect()
}

#[test]
fn shuffled() {
    let replayer = replayer();
    let (mut state, mut refused) = (7_u64, 0);
    for (name, events) in recorded() {
        let whole = replay(&replayer, None, &events).expect("it was recorded");
        for round in 0..5 {
            let mut other = events.clone();
            // the first event stays, or it would be no history at all
            for at in (2..other.len()).rev() {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let with = 1 + usize::try_from(state >> 33).unwrap_or_default() % at;
                other.swap(at, with);
            }
            // a gap in the numbers is seen at once; what stands there for whoever numbers it anew
            if round > 0 {
                for (event, id) in other.iter_mut().zip(1..) {
                    event.event_id = id;
                }
            }
            match replay(&replayer, None, &other) {
                Err(error) => {
                    assert!(!error.message.is_empty(), "{name}");
                    refused += 1;
                }
                // by chance it is one that the code could have made, or none of its tasks is whole any more
                Ok(end) => assert!(
                    end == whole || end == Replayed::Open || signals(&other) != signals(&events),
                    "{name}: {end:?}"
                ),
            }
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn of_another_workflow() {
    let replayer = replayer();
    let all = recorded();
    let types: Vec<String> = all
        .iter()
        .map(|(_, events)| workflow_type(events))
        .collect();
    let mut refused = 0;
    for (at, (name, events)) in all.iter().enumerate() {
        for step in [1, 7, 23] {
            let other = &types[(at + step) % types.len()];
            if *other == types[at] {
                continue;
            }
            if let Err(error) = replay(&replayer, Some(other), events) {
                assert!(error.message.contains(other.as_str()), "{name}: {error}");
                assert_eq!(error.workflow_type, *other);
                refused += 1;
            }
        }
    }
    assert!(refused > 200, "only {refused} were refused");
}

fn workflow_type(events: &[HistoryEvent]) -> String {
    let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) = &events[0].attributes
    else {
        panic!("a history begins with the start")
    };
    started.workflow_type.clone().unwrap_or_default().name
}

/// An event of tomorrow, right before the first task.
fn with_unknown_event(events: &[HistoryEvent], may_ignore: bool) -> Vec<HistoryEvent> {
    let mut events = events.to_vec();
    let unknown = HistoryEvent {
        event_type: 9999,
        worker_may_ignore: may_ignore,
        ..HistoryEvent::default()
    };
    // in place of one that means nothing to the code, so that nothing has to be numbered anew
    let at = events.iter().position(|event| {
        matches!(
            event.attributes,
            Some(Attributes::ActivityTaskStartedEventAttributes(_))
        )
    });
    if let Some(at) = at {
        let event_id = events[at].event_id;
        events[at] = HistoryEvent {
            event_id,
            ..unknown
        };
    }
    events
}

#[test]
fn with_an_event_of_tomorrow() {
    let (replayer, mut refused) = (replayer(), 0);
    for (name, events) in recorded() {
        let whole = replay(&replayer, None, &events).expect("it was recorded");
        let ignorable = replay(&replayer, None, &with_unknown_event(&events, true));
        assert_eq!(ignorable.expect(name), whole, "{name}");
        let changed = with_unknown_event(&events, false);
        let Some(unknown) = changed.iter().find(|event| event.event_type == 9999) else {
            continue;
        };
        let error = replay(&replayer, None, &changed).expect_err(name);
        let mismatch = error.mismatch.as_ref().expect(name);
        assert!(mismatch.unsupported, "{name}: {error}");
        assert_eq!(mismatch.event_id, unknown.event_id, "{name}: {error}");
        assert!(
            error.message.contains("an event of an unknown type"),
            "{name}: {error}"
        );
        refused += 1;
    }
    assert!(refused > 20, "only {refused} had an activity");
}

/// Makes a payload one that nobody can read.
fn spoil(payloads: &mut [Payload], encoding: bool) {
    for payload in payloads {
        if encoding {
            payload
                .metadata
                .insert("encoding".to_owned(), b"of/tomorrow".as_slice().into());
        } else {
            payload.data = b"\xff{".as_slice().into();
        }
    }
}

fn spoil_all(events: &mut [HistoryEvent], encoding: bool) {
    use Attributes as A;
    for event in events {
        let payloads = match event.attributes.as_mut() {
            Some(A::WorkflowExecutionStartedEventAttributes(a)) => a.input.as_mut(),
            Some(A::WorkflowExecutionSignaledEventAttributes(a)) => a.input.as_mut(),
            Some(A::ActivityTaskCompletedEventAttributes(a)) => a.result.as_mut(),
            Some(A::ChildWorkflowExecutionCompletedEventAttributes(a)) => a.result.as_mut(),
            Some(A::MarkerRecordedEventAttributes(a)) => a.details.get_mut("result"),
            Some(A::WorkflowExecutionUpdateAcceptedEventAttributes(a)) => (a.accepted_request)
                .as_mut()
                .and_then(|request| request.input.as_mut()?.args.as_mut()),
            _ => None,
        };
        if let Some(payloads) = payloads {
            spoil(&mut payloads.payloads, encoding);
        }
    }
}

#[test]
fn with_payloads_that_nobody_can_read() {
    let (replayer, mut refused) = (replayer(), 0);
    for (name, events) in recorded() {
        for encoding in [true, false] {
            // all of them, and those after the start
            for from in [0, 1] {
                let mut spoiled = events.clone();
                spoil_all(&mut spoiled[from..], encoding);
                if spoiled == events {
                    continue;
                }
                if let Err(error) = replay(&replayer, None, &spoiled) {
                    assert!(!error.message.is_empty(), "{name}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 200, "only {refused} were refused");
}
