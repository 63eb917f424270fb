//! Whether worlds agree: the same events in the same order, and each history replays to the end that it has.

use temporal_protos::{
    history::{History, HistoryEvent, history_event::Attributes},
    prost::Message as _,
};

use super::simulation::Histories;
use crate::{
    convert::RawValue,
    replay::{Replayed, Replayer, WorkflowHistory},
};

const WORKFLOW_TYPE: &str = "Interpreter";

/// Where two worlds differ, if they do.
pub(super) fn difference(one: &Histories, other: &Histories) -> Result<(), String> {
    let names = |all: &Histories| all.keys().cloned().collect::<Vec<_>>();
    if names(one) != names(other) {
        return Err(format!("runs: {:?}\nand:  {:?}", names(one), names(other)));
    }
    for ((workflow_id, events), others) in one.iter().zip(other.values()) {
        let pairs = events
            .iter()
            .map(comparable)
            .zip(others.iter().map(comparable));
        for (event, other) in pairs {
            if event != other {
                return Err(format!("{workflow_id:?}: {event:#?}\nand: {other:#?}"));
            }
        }
        if events.len() != others.len() {
            let (have, has) = (events.len(), others.len());
            return Err(format!("{workflow_id:?}: {have} events, and {has}"));
        }
    }
    Ok(())
}

/// An event without what may differ: what a cache changes by rights (the queue of a task, and the size that its name has
/// in history), what is random in any service (the ids of polls), and when by the worker's clock a local activity was
/// first wanted.
fn comparable(event: &HistoryEvent) -> HistoryEvent {
    let mut event = event.clone();
    match &mut event.attributes {
        Some(Attributes::WorkflowTaskScheduledEventAttributes(scheduled)) => {
            scheduled.task_queue = None;
        }
        Some(Attributes::WorkflowTaskStartedEventAttributes(started)) => {
            started.history_size_bytes = 0;
            started.request_id.clear();
        }
        Some(Attributes::ActivityTaskStartedEventAttributes(started)) => {
            started.request_id.clear();
        }
        Some(Attributes::MarkerRecordedEventAttributes(marker)) => {
            for payload in marker.details.values_mut().flat_map(|p| &mut p.payloads) {
                payload.data = without_clock(&payload.data).unwrap_or_default().into();
            }
        }
        _ => {}
    }
    event
}

fn without_clock(json: &[u8]) -> serde_json::Result<Vec<u8>> {
    let mut value: serde_json::Value = serde_json::from_slice(json)?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("original_schedule_time");
    }
    serde_json::to_vec(&value)
}

/// Replays every history of a world, and compares the ends.
pub(super) fn replay(histories: &Histories) -> Result<(), String> {
    let replayer = Replayer::new().map_err(|error| format!("{error:?}"))?;
    for ((workflow_id, _), events) in histories {
        let history = History {
            events: events.clone(),
        };
        let history = WorkflowHistory::decode(&history.encode_to_vec())
            .map_err(|error| format!("`{workflow_id}`: {error:?}"))?;
        let replayed = replayer
            .replay_as(WORKFLOW_TYPE, &history)
            .map_err(|error| format!("{error}\n\n{}", outline(events)))?;
        same_end(events, &replayed)
            .map_err(|how| format!("`{workflow_id}`: {how}\n\n{}", outline(events)))?;
    }
    Ok(())
}

/// A history at a glance.
pub(super) fn outline(events: &[HistoryEvent]) -> String {
    let line = |event: &HistoryEvent| format!("{} {:?}", event.event_id, event.event_type());
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn same_end(events: &[HistoryEvent], replayed: &Replayed) -> Result<(), String> {
    let last = events.last().and_then(|event| event.attributes.as_ref());
    let same = match (last, replayed) {
        (
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(completed)),
            Replayed::Completed(value),
        ) => {
            let results = completed.result.clone().unwrap_or_default().payloads;
            results.into_iter().next().map(RawValue::new).as_ref() == Some(value)
        }
        (
            Some(Attributes::WorkflowExecutionFailedEventAttributes(failed)),
            Replayed::Failed(failure),
        ) => failed
            .failure
            .as_ref()
            .is_some_and(|f| f.message == failure.message()),
        (Some(Attributes::WorkflowExecutionCanceledEventAttributes(_)), Replayed::Canceled) => true,
        (
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(next)),
            Replayed::ContinuedAsNew { arguments, .. },
        ) => {
            let given = next.input.clone().unwrap_or_default().payloads;
            given.into_iter().map(RawValue::new).collect::<Vec<_>>() == *arguments
        }
        (
            Some(
                Attributes::WorkflowExecutionCompletedEventAttributes(_)
                | Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)
                | Attributes::WorkflowExecutionFailedEventAttributes(_)
                | Attributes::WorkflowExecutionCanceledEventAttributes(_),
            ),
            _,
        ) => false,
        // it was ended from outside, or is open
        (_, replayed) => *replayed == Replayed::Open,
    };
    if same {
        return Ok(());
    }
    Err(format!(
        "it ended with {last:?}, and the replay with {replayed:?}"
    ))
}
