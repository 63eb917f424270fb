//! Cuts a history into workflow tasks. A task that failed or timed out is part of the next one that succeeded.

use std::{collections::VecDeque, time::SystemTime};

use temporal_protos::history::{HistoryEvent, history_event::Attributes};

use super::{
    history::{accepted_update, event_time},
    local_marker::LocalMarker,
    patch::{self, RecordedPatch},
    rest::give_back,
    update::UpdateRequest,
};

/// The events that lead to one workflow task.
#[derive(Debug)]
pub(crate) struct TaskEvents {
    /// Everything since the task before, its started event included.
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) started_event_id: i64,
    pub(crate) time: Option<SystemTime>,
    /// Its completion is in history.
    pub(crate) replayed: bool,
    /// Updates that history shows it accepted: they reached it by message, so no event before it tells of them.
    pub(crate) accepted_updates: Vec<UpdateRequest>,
    /// Patches that history shows it has taken.
    pub(crate) patches: Vec<RecordedPatch>,
    /// The markers of the local activities that ended in it.
    pub(crate) local_markers: Vec<LocalMarker>,
}

/// A place in a history that may still grow.
#[derive(Debug)]
pub(crate) struct HistoryCursor {
    waiting: VecDeque<HistoryEvent>,
    next: i64,
    /// Where the last task began, in case it is thrown away: its scheduled event.
    last_scheduled: i64,
    /// How many of the waiting events were looked at before, without finding a whole task.
    scanned: usize,
    /// More events follow, now.
    more: bool,
}

/// Events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) expected: i64,
    pub(crate) found: i64,
}

impl Default for HistoryCursor {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            next: 1,
            last_scheduled: 1,
            scanned: 0,
            more: false,
        }
    }
}

impl HistoryCursor {
    /// The id of the event that is expected next.
    pub(crate) const fn next_event_id(&self) -> i64 {
        self.next
    }

    /// More events; those that were seen before are skipped. With `more` to follow, the last task is only given once
    /// all that belongs to it is there.
    pub(crate) fn push(&mut self, events: Vec<HistoryEvent>, more: bool) -> Result<(), Gap> {
        self.more = more;
        for event in events {
            if event.event_id > self.next {
                return Err(Gap {
                    expected: self.next,
                    found: event.event_id,
                });
            }
            if event.event_id == self.next {
                self.next += 1;
                self.waiting.push_back(event);
            }
        }
        Ok(())
    }

    /// Nothing will happen for a while.
    pub(crate) fn rest(&mut self) {
        give_back(&mut self.waiting);
    }

    /// What it holds, without what the events own.
    pub(crate) fn estimated_bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<HistoryEvent>()
    }

    /// The service wrote nothing of the last task: the ids of its scheduled and started events will come again.
    pub(crate) fn rewind(&mut self, _reset_history_event_id: i64) {
        self.next = self.last_scheduled;
    }

    /// The next task whose completion is in history, or the live one that began with `live_started`.
    pub(crate) fn next_task(&mut self, live_started: i64) -> Option<TaskEvents> {
        let (at, replayed) = self.find_task(live_started)?;
        let (mut accepted_updates, mut local_markers) = (Vec::new(), Vec::new());
        // of a live task there is nothing yet
        for event in self.ahead(at + 2) {
            if let Some(Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(a)) =
                &event.attributes
            {
                accepted_updates.extend(accepted_update(a));
            }
            local_markers.extend(LocalMarker::of(event));
        }
        let patches = patch::recorded(self.ahead(at + 2));
        let events: Vec<HistoryEvent> = self.waiting.drain(..=at).collect();
        self.scanned = 0;
        let started = events.last()?;
        self.last_scheduled = started.event_id - 1;
        Some(TaskEvents {
            started_event_id: started.event_id,
            time: event_time(started),
            replayed,
            accepted_updates,
            patches,
            local_markers,
            events,
        })
    }

    /// The events of the last task's commands, and what the service wrote between them, such as the end of an activity
    /// that was cancelled while it waited for its next attempt. They are taken when there is no live task to come.
    pub(crate) fn take_confirmations(&mut self) -> Vec<HistoryEvent> {
        let last = self
            .ahead(0)
            .enumerate()
            .filter(|(_, e)| is_confirmation(e))
            .last();
        let until = last.map_or(0, |(at, _)| at + 1);
        self.scanned = 0;
        self.waiting.drain(..until).collect()
    }

    fn find_task(&mut self, live_started: i64) -> Option<(usize, bool)> {
        for at in self.scanned..self.waiting.len() {
            let event = &self.waiting[at];
            if !matches!(
                event.attributes,
                Some(Attributes::WorkflowTaskStartedEventAttributes(_))
            ) {
                continue;
            }
            match self.waiting.get(at + 1).map(|e| e.attributes.as_ref()) {
                Some(Some(Attributes::WorkflowTaskCompletedEventAttributes(_))) => {
                    return self.is_whole(at + 2).then_some((at, true));
                }
                // failed or timed out
                Some(_) => {}
                None if event.event_id == live_started => return Some((at, false)),
                None => return None,
            }
        }
        None
    }

    /// What follows a completed task, up to the next one.
    fn ahead(&self, from: usize) -> impl Iterator<Item = &HistoryEvent> {
        self.waiting
            .iter()
            .skip(from)
            .take_while(|e| !is_scheduled_task(e))
    }

    /// Whether all that a task did is there: it ends where the next one is scheduled.
    fn is_whole(&self, from: usize) -> bool {
        !self.more || self.waiting.iter().skip(from).any(is_scheduled_task)
    }
}

const fn is_scheduled_task(event: &HistoryEvent) -> bool {
    matches!(
        event.attributes,
        Some(Attributes::WorkflowTaskScheduledEventAttributes(_))
    )
}

/// Whether an event confirms a command, or ends the task that issued it.
fn is_confirmation(event: &HistoryEvent) -> bool {
    use Attributes as A;
    matches!(
        event.attributes,
        Some(
            A::WorkflowTaskCompletedEventAttributes(_)
                | A::ActivityTaskScheduledEventAttributes(_)
                | A::ActivityTaskCancelRequestedEventAttributes(_)
                | A::TimerStartedEventAttributes(_)
                | A::TimerCanceledEventAttributes(_)
                | A::StartChildWorkflowExecutionInitiatedEventAttributes(_)
                | A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_)
                | A::WorkflowExecutionUpdateAcceptedEventAttributes(_)
                | A::WorkflowExecutionUpdateCompletedEventAttributes(_)
                | A::WorkflowExecutionCompletedEventAttributes(_)
                | A::WorkflowExecutionFailedEventAttributes(_)
                | A::WorkflowExecutionCanceledEventAttributes(_)
                | A::MarkerRecordedEventAttributes(_)
                | A::UpsertWorkflowSearchAttributesEventAttributes(_)
                | A::WorkflowPropertiesModifiedEventAttributes(_)
                | A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_)
                | A::WorkflowExecutionContinuedAsNewEventAttributes(_)
                | A::NexusOperationScheduledEventAttributes(_)
                | A::NexusOperationCancelRequestedEventAttributes(_)
        )
    )
}

#[cfg(test)]
mod tests {
    use temporal_protos::history::*;

    use super::*;

    fn event(event_id: i64, attributes: impl Into<Attributes>) -> HistoryEvent {
        HistoryEvent {
            event_id,
            attributes: Some(attributes.into()),
            ..HistoryEvent::default()
        }
    }

    /// An activity that waits for its next attempt is cancelled by the request itself: its end stands between the
    /// events of two commands of one task.
    fn cancelled_between_attempts() -> Vec<HistoryEvent> {
        vec![
            event(1, WorkflowExecutionStartedEventAttributes::default()),
            event(2, WorkflowTaskScheduledEventAttributes::default()),
            event(3, WorkflowTaskStartedEventAttributes::default()),
            event(4, WorkflowTaskCompletedEventAttributes::default()),
            event(5, ActivityTaskCancelRequestedEventAttributes::default()),
            event(6, ActivityTaskCanceledEventAttributes::default()),
            event(7, TimerStartedEventAttributes::default()),
            event(8, WorkflowExecutionSignaledEventAttributes::default()),
        ]
    }

    fn ids(events: &[HistoryEvent]) -> Vec<i64> {
        events.iter().map(|event| event.event_id).collect()
    }

    #[test]
    fn the_last_task_is_confirmed_whatever_stands_between() {
        let mut cursor = HistoryCursor::default();
        cursor.push(cancelled_between_attempts(), false).unwrap();
        let task = cursor.next_task(0).expect("one that was completed");
        assert_eq!(ids(&task.events), [1, 2, 3]);
        assert_eq!(ids(&cursor.take_confirmations()), [4, 5, 6, 7]);
        assert_eq!(
            ids(&cursor.take_confirmations()),
            [0; 0],
            "the signal is for the next task"
        );
    }

    #[test]
    fn no_confirmation_is_taken_from_a_later_task() {
        let mut events = cancelled_between_attempts();
        events.push(event(9, WorkflowTaskScheduledEventAttributes::default()));
        events.push(event(10, TimerStartedEventAttributes::default()));
        let mut cursor = HistoryCursor::default();
        cursor.push(events, false).unwrap();
        cursor.next_task(0).expect("one that was completed");
        assert_eq!(ids(&cursor.take_confirmations()), [4, 5, 6, 7]);
        assert_eq!(cursor.next_event_id(), 11);
    }
}
