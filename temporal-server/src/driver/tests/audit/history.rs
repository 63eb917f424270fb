//! One history alone: its ids, its one end, and its workflow tasks.

use std::sync::Arc;

use temporal_protos::enums::EventType as E;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes as A;

/// Ids are dense, there is one end, and nothing comes after it.
pub(super) fn check(place: &str, events: &[Arc<HistoryEvent>]) {
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.event_id, index as i64 + 1, "{place}: ids");
        let is_last = index + 1 == events.len();
        assert_eq!(is_end(event.event_type()), is_last, "{place}: {event:?}");
    }
    check_tasks(place, events);
}

fn is_end(kind: E) -> bool {
    matches!(
        kind,
        E::WorkflowExecutionCompleted
            | E::WorkflowExecutionFailed
            | E::WorkflowExecutionTimedOut
            | E::WorkflowExecutionCanceled
            | E::WorkflowExecutionTerminated
            | E::WorkflowExecutionContinuedAsNew
    )
}

/// Workflow tasks come one after the other: scheduled, started, and then completed, failed or timed out.
fn check_tasks(place: &str, events: &[Arc<HistoryEvent>]) {
    let mut task: Option<(i64, i64)> = None;
    for event in events {
        let id = event.event_id;
        let place = format!("{place}, event {id}");
        match event.attributes.as_ref() {
            Some(A::WorkflowTaskScheduledEventAttributes(_)) => {
                assert_eq!(task, None, "{place}: another task is pending");
                task = Some((id, 0));
            }
            Some(A::WorkflowTaskStartedEventAttributes(a)) => {
                assert_eq!(task, Some((a.scheduled_event_id, 0)), "{place}");
                task = Some((a.scheduled_event_id, id));
            }
            Some(A::WorkflowTaskCompletedEventAttributes(a)) => {
                assert_ne!(a.started_event_id, 0, "{place}");
                let of = Some((a.scheduled_event_id, a.started_event_id));
                assert_eq!(task.take(), of, "{place}");
            }
            Some(A::WorkflowTaskFailedEventAttributes(a)) => {
                let of = Some((a.scheduled_event_id, a.started_event_id));
                assert_eq!(task.take(), of, "{place}");
            }
            Some(A::WorkflowTaskTimedOutEventAttributes(a)) => {
                let of = Some((a.scheduled_event_id, a.started_event_id));
                assert_eq!(task.take(), of, "{place}");
            }
            _ => {}
        }
    }
}
