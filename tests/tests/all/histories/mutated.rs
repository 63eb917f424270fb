//! Every recorded history with one step of its code path changed: history then tells of other code than ours, and that
//! must be found. A step is dropped, doubled, swapped with the next, renamed, or made one of another kind; what follows
//! from it in history goes with it, so the history is whole in itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use temporal_protos::{
    history::{History, HistoryEvent, TimerStartedEventAttributes, history_event::Attributes},
    prost::Message as _,
};
use temporal_runtime::replay::{ReplayError, Replayed, Replayer, WorkflowHistory};

use super::{recorded::Recorded, replay::REPLAYED};

/// At least so many histories are recorded; more come with each feature.
const HISTORIES: usize = 100;
/// So many steps of one history are changed; more of a long one say nothing new.
const STEPS: usize = 12;

pub(super) fn replay(
    replayer: &Replayer,
    workflow_type: Option<&str>,
    events: &[HistoryEvent],
) -> Result<Replayed, ReplayError> {
    let bytes = History {
        events: events.to_vec(),
    }
    .encode_to_vec();
    let history = WorkflowHistory::decode(&bytes).expect("it begins as a history does");
    let replayed = catch_unwind(AssertUnwindSafe(|| match workflow_type {
        Some(other) => replayer.replay_as(other, &history),
        None => replayer.replay(&history),
    }));
    replayed.expect("a replay never panics, whatever the history")
}

/// All recorded histories that replay with the code of their own type.
pub(super) fn recorded() -> Vec<(&'static str, Vec<HistoryEvent>)> {
    let replayer = Replayer::new().expect("each workflow is registered once");
    let all = REPLAYED.iter().map(|name| (*name, Recorded::protos(name)));
    let own: Vec<_> = all
        .filter(|(_, events)| replay(&replayer, None, events).is_ok())
        .collect();
    assert!(own.len() >= HISTORIES, "{} histories replay", own.len());
    own
}

/// The id of the completed task whose command made the event, if one did.
pub(super) fn made_by(event: &HistoryEvent) -> Option<i64> {
    use Attributes as A;
    Some(match event.attributes.as_ref()? {
        A::ActivityTaskScheduledEventAttributes(a) => a.workflow_task_completed_event_id,
        A::ActivityTaskCancelRequestedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::TimerStartedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::TimerCanceledEventAttributes(a) => a.workflow_task_completed_event_id,
        A::StartChildWorkflowExecutionInitiatedEventAttributes(a) => {
            a.workflow_task_completed_event_id
        }
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(a) => {
            a.workflow_task_completed_event_id
        }
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(a) => {
            a.workflow_task_completed_event_id
        }
        A::MarkerRecordedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::UpsertWorkflowSearchAttributesEventAttributes(a) => a.workflow_task_completed_event_id,
        A::WorkflowPropertiesModifiedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::WorkflowExecutionCompletedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::WorkflowExecutionFailedEventAttributes(a) => a.workflow_task_completed_event_id,
        A::WorkflowExecutionCanceledEventAttributes(a) => a.workflow_task_completed_event_id,
        A::WorkflowExecutionContinuedAsNewEventAttributes(a) => a.workflow_task_completed_event_id,
        // an acceptance tells of what came from outside, and without it nothing did
        A::WorkflowExecutionUpdateCompletedEventAttributes(_) => event.event_id,
        _ => return None,
    })
}

/// The events that an event points to by id.
fn points_to(event: &mut HistoryEvent) -> Vec<&mut i64> {
    use Attributes as A;
    let Some(attributes) = event.attributes.as_mut() else {
        return Vec::new();
    };
    match attributes {
        A::WorkflowTaskStartedEventAttributes(a) => vec![&mut a.scheduled_event_id],
        A::WorkflowTaskCompletedEventAttributes(a) => {
            vec![&mut a.scheduled_event_id, &mut a.started_event_id]
        }
        A::ActivityTaskStartedEventAttributes(a) => vec![&mut a.scheduled_event_id],
        A::ActivityTaskCompletedEventAttributes(a) => {
            vec![&mut a.scheduled_event_id, &mut a.started_event_id]
        }
        A::ActivityTaskFailedEventAttributes(a) => {
            vec![&mut a.scheduled_event_id, &mut a.started_event_id]
        }
        A::ActivityTaskTimedOutEventAttributes(a) => {
            vec![&mut a.scheduled_event_id, &mut a.started_event_id]
        }
        A::ActivityTaskCancelRequestedEventAttributes(a) => vec![&mut a.scheduled_event_id],
        A::ActivityTaskCanceledEventAttributes(a) => {
            vec![&mut a.scheduled_event_id, &mut a.started_event_id]
        }
        A::TimerFiredEventAttributes(a) => vec![&mut a.started_event_id],
        A::TimerCanceledEventAttributes(a) => vec![&mut a.started_event_id],
        other => child_points_to(other),
    }
}

fn child_points_to(attributes: &mut Attributes) -> Vec<&mut i64> {
    use Attributes as A;
    match attributes {
        A::StartChildWorkflowExecutionFailedEventAttributes(a) => vec![&mut a.initiated_event_id],
        A::ChildWorkflowExecutionStartedEventAttributes(a) => vec![&mut a.initiated_event_id],
        A::ChildWorkflowExecutionCompletedEventAttributes(a) => {
            vec![&mut a.initiated_event_id, &mut a.started_event_id]
        }
        A::ChildWorkflowExecutionFailedEventAttributes(a) => {
            vec![&mut a.initiated_event_id, &mut a.started_event_id]
        }
        A::ChildWorkflowExecutionCanceledEventAttributes(a) => {
            vec![&mut a.initiated_event_id, &mut a.started_event_id]
        }
        A::ChildWorkflowExecutionTimedOutEventAttributes(a) => {
            vec![&mut a.initiated_event_id, &mut a.started_event_id]
        }
        A::ChildWorkflowExecutionTerminatedEventAttributes(a) => {
            vec![&mut a.initiated_event_id, &mut a.started_event_id]
        }
        A::ExternalWorkflowExecutionSignaledEventAttributes(a) => vec![&mut a.initiated_event_id],
        A::SignalExternalWorkflowExecutionFailedEventAttributes(a) => {
            vec![&mut a.initiated_event_id]
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(a) => {
            vec![&mut a.initiated_event_id]
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(a) => {
            vec![&mut a.initiated_event_id]
        }
        _ => Vec::new(),
    }
}

/// Numbers events from 1 without gaps, as a service does, and what points to them.
fn renumber(mut events: Vec<HistoryEvent>) -> Vec<HistoryEvent> {
    let ids: BTreeMap<i64, i64> = events.iter().map(|event| event.event_id).zip(1..).collect();
    for (event, id) in events.iter_mut().zip(1..) {
        event.event_id = id;
        for pointer in points_to(event) {
            *pointer = ids.get(pointer).copied().unwrap_or_default();
        }
    }
    events
}

/// Without a step and all that history tells of it.
fn dropped(events: &[HistoryEvent], at: usize) -> Vec<HistoryEvent> {
    let mut gone = BTreeSet::from([events[at].event_id]);
    let mut left = events[..at].to_vec();
    for event in &events[at + 1..] {
        let mut event = event.clone();
        if points_to(&mut event).iter().any(|id| gone.contains(*id)) {
            gone.insert(event.event_id);
        } else {
            left.push(event);
        }
    }
    renumber(left)
}

/// The search attribute beside the marker of a patch: not every version of the other SDKs wrote it, so its absence
/// says nothing.
fn tells_of_a_patch(events: &[HistoryEvent], at: usize) -> bool {
    use Attributes as A;
    let kinds = [&events[at - 1].attributes, &events[at].attributes];
    matches!(
        kinds,
        [
            Some(A::MarkerRecordedEventAttributes(_)),
            Some(A::UpsertWorkflowSearchAttributesEventAttributes(_))
        ]
    )
}

/// With a second step of the kind, under an id of its own, right after it.
fn doubled(events: &[HistoryEvent], at: usize) -> Vec<HistoryEvent> {
    let mut second = events[at].clone();
    let last = events.last().map_or(0, |event| event.event_id);
    second.event_id = last + 1;
    rename(&mut second, "-again");
    let mut longer = events.to_vec();
    longer.insert(at + 1, second);
    renumber(longer)
}

/// The marker of a local activity.
pub(super) fn ends_a_local_activity(event: &HistoryEvent) -> bool {
    matches!(
        &event.attributes,
        Some(Attributes::MarkerRecordedEventAttributes(marker))
            if marker.marker_name == "core_local_activity"
    )
}

/// Before the step that it follows, if both are of one task.
fn swapped(events: &[HistoryEvent], at: usize) -> Option<Vec<HistoryEvent>> {
    let (one, next) = (&events[at], events.get(at + 1)?);
    made_by(next)?;
    let told = |event: &HistoryEvent| {
        let mut event = event.clone();
        event.event_id = 0;
        event.attributes
    };
    // local activities may end in any order
    if told(one) == told(next) || [one, next].into_iter().all(ends_a_local_activity) {
        return None;
    }
    let mut other = events.to_vec();
    other.swap(at, at + 1);
    Some(renumber(other))
}

/// What the step acts on has another name. False if it has none, as an end has none.
fn rename(event: &mut HistoryEvent, suffix: &str) -> bool {
    use Attributes as A;
    match event.attributes.as_mut() {
        Some(A::ActivityTaskScheduledEventAttributes(a)) => a.activity_id += suffix,
        Some(A::TimerStartedEventAttributes(a)) => a.timer_id += suffix,
        Some(A::TimerCanceledEventAttributes(a)) => a.timer_id += suffix,
        Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(a)) => a.workflow_id += suffix,
        Some(A::SignalExternalWorkflowExecutionInitiatedEventAttributes(a)) => {
            a.signal_name += suffix;
        }
        Some(A::WorkflowExecutionUpdateCompletedEventAttributes(a)) => {
            a.meta.get_or_insert_default().update_id += suffix;
        }
        Some(A::MarkerRecordedEventAttributes(a)) => a.marker_name += suffix,
        _ => return false,
    }
    true
}

/// The step calls something else.
fn retyped(event: &mut HistoryEvent) -> bool {
    use Attributes as A;
    match event.attributes.as_mut() {
        Some(A::ActivityTaskScheduledEventAttributes(a)) => {
            a.activity_type.get_or_insert_default().name += "-of-another-type";
        }
        Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(a)) => {
            a.workflow_type.get_or_insert_default().name += "-of-another-type";
        }
        _ => return false,
    }
    true
}

/// A timer in place of the step.
fn of_another_kind(event: &mut HistoryEvent) -> bool {
    if matches!(
        event.attributes,
        Some(Attributes::TimerStartedEventAttributes(_))
    ) {
        return false;
    }
    let timer = Attributes::from(TimerStartedEventAttributes {
        timer_id: "of-another-kind".to_owned(),
        ..Default::default()
    });
    event.event_type = timer.event_type().into();
    event.attributes = Some(timer);
    true
}

fn with(
    events: &[HistoryEvent],
    at: usize,
    change: impl FnOnce(&mut HistoryEvent) -> bool,
) -> Option<Vec<HistoryEvent>> {
    let mut other = events.to_vec();
    change(&mut other[at]).then_some(other)
}

fn mutants(events: &[HistoryEvent], at: usize) -> Vec<(&'static str, Vec<HistoryEvent>)> {
    let mut mutants = vec![("doubled", doubled(events, at))];
    if !tells_of_a_patch(events, at) {
        mutants.push(("dropped", dropped(events, at)));
    }
    let more = [
        ("swapped", swapped(events, at)),
        (
            "renamed",
            with(events, at, |event| rename(event, "-renamed")),
        ),
        ("of another type", with(events, at, retyped)),
        ("of another kind", with(events, at, of_another_kind)),
    ];
    mutants.extend(
        more.into_iter()
            .filter_map(|(how, mutant)| Some((how, mutant?))),
    );
    mutants
}

#[test]
fn a_changed_step_is_always_found() {
    let replayer = Replayer::new().expect("each workflow is registered once");
    let (mut count, mut missed) = (0, Vec::new());
    for (name, events) in recorded() {
        let steps: Vec<usize> = (0..events.len())
            .filter(|at| made_by(&events[*at]).is_some())
            .collect();
        let every = steps.len().div_ceil(STEPS).max(1);
        for at in steps.into_iter().step_by(every) {
            for (how, mutant) in mutants(&events, at) {
                count += 1;
                match replay(&replayer, None, &mutant) {
                    Err(error) if !error.message.is_empty() => {}
                    Err(_) => missed.push(format!("`{name}` event {}, {how}: no words", at + 1)),
                    Ok(end) => missed.push(format!(
                        "`{name}` event {} ({:?}), {how}: {end:?}",
                        at + 1,
                        events[at].event_type()
                    )),
                }
            }
        }
    }
    assert!(count > 1000, "only {count} mutants");
    assert!(
        missed.is_empty(),
        "{} of {count}:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
