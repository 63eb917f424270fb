//! The events of one run: dense ids from 1, transactions as batches, and the buffer of events that came while a
//! workflow task was started. Never changes an event that has an id.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message as _;
use temporal_protos::enums::EventType;
use temporal_protos::history::history_event::Attributes;
use temporal_protos::history::*;

use super::saved::{Damaged, StoredEvents};
use crate::engine::time::Time;

/// The id that an event has while it is buffered.
pub(crate) const BUFFERED: i64 = -1;

/// Attributes that know the type of their event.
pub(crate) trait EventAttributes: Into<Attributes> {
    /// The type of the event.
    const TYPE: EventType;
}

macro_rules! event_types {
    ($($name:ident => $kind:ident),* $(,)?) => {$(
        impl EventAttributes for $name {
            const TYPE: EventType = EventType::$kind;
        }
    )*};
}

event_types! {
    WorkflowExecutionStartedEventAttributes => WorkflowExecutionStarted,
    WorkflowExecutionCompletedEventAttributes => WorkflowExecutionCompleted,
    WorkflowExecutionFailedEventAttributes => WorkflowExecutionFailed,
    WorkflowExecutionTimedOutEventAttributes => WorkflowExecutionTimedOut,
    WorkflowExecutionCanceledEventAttributes => WorkflowExecutionCanceled,
    WorkflowExecutionTerminatedEventAttributes => WorkflowExecutionTerminated,
    WorkflowExecutionContinuedAsNewEventAttributes => WorkflowExecutionContinuedAsNew,
    WorkflowExecutionSignaledEventAttributes => WorkflowExecutionSignaled,
    WorkflowExecutionCancelRequestedEventAttributes => WorkflowExecutionCancelRequested,
    WorkflowExecutionOptionsUpdatedEventAttributes => WorkflowExecutionOptionsUpdated,
    WorkflowExecutionTimeSkippingTransitionedEventAttributes => WorkflowExecutionTimeSkippingTransitioned,
    WorkflowTaskScheduledEventAttributes => WorkflowTaskScheduled,
    WorkflowTaskStartedEventAttributes => WorkflowTaskStarted,
    WorkflowTaskCompletedEventAttributes => WorkflowTaskCompleted,
    WorkflowTaskTimedOutEventAttributes => WorkflowTaskTimedOut,
    WorkflowTaskFailedEventAttributes => WorkflowTaskFailed,
    ActivityTaskScheduledEventAttributes => ActivityTaskScheduled,
    ActivityTaskStartedEventAttributes => ActivityTaskStarted,
    ActivityTaskCompletedEventAttributes => ActivityTaskCompleted,
    ActivityTaskFailedEventAttributes => ActivityTaskFailed,
    ActivityTaskTimedOutEventAttributes => ActivityTaskTimedOut,
    ActivityTaskCancelRequestedEventAttributes => ActivityTaskCancelRequested,
    ActivityTaskCanceledEventAttributes => ActivityTaskCanceled,
    TimerStartedEventAttributes => TimerStarted,
    TimerFiredEventAttributes => TimerFired,
    TimerCanceledEventAttributes => TimerCanceled,
    MarkerRecordedEventAttributes => MarkerRecorded,
    UpsertWorkflowSearchAttributesEventAttributes => UpsertWorkflowSearchAttributes,
    WorkflowPropertiesModifiedEventAttributes => WorkflowPropertiesModified,
    StartChildWorkflowExecutionInitiatedEventAttributes => StartChildWorkflowExecutionInitiated,
    StartChildWorkflowExecutionFailedEventAttributes => StartChildWorkflowExecutionFailed,
    ChildWorkflowExecutionStartedEventAttributes => ChildWorkflowExecutionStarted,
    ChildWorkflowExecutionCompletedEventAttributes => ChildWorkflowExecutionCompleted,
    ChildWorkflowExecutionFailedEventAttributes => ChildWorkflowExecutionFailed,
    ChildWorkflowExecutionCanceledEventAttributes => ChildWorkflowExecutionCanceled,
    ChildWorkflowExecutionTimedOutEventAttributes => ChildWorkflowExecutionTimedOut,
    ChildWorkflowExecutionTerminatedEventAttributes => ChildWorkflowExecutionTerminated,
    SignalExternalWorkflowExecutionInitiatedEventAttributes => SignalExternalWorkflowExecutionInitiated,
    SignalExternalWorkflowExecutionFailedEventAttributes => SignalExternalWorkflowExecutionFailed,
    ExternalWorkflowExecutionSignaledEventAttributes => ExternalWorkflowExecutionSignaled,
    RequestCancelExternalWorkflowExecutionInitiatedEventAttributes => RequestCancelExternalWorkflowExecutionInitiated,
    RequestCancelExternalWorkflowExecutionFailedEventAttributes => RequestCancelExternalWorkflowExecutionFailed,
    ExternalWorkflowExecutionCancelRequestedEventAttributes => ExternalWorkflowExecutionCancelRequested,
    WorkflowExecutionUpdateAdmittedEventAttributes => WorkflowExecutionUpdateAdmitted,
    WorkflowExecutionUpdateAcceptedEventAttributes => WorkflowExecutionUpdateAccepted,
    WorkflowExecutionUpdateCompletedEventAttributes => WorkflowExecutionUpdateCompleted,
}

/// An event that is not in history yet.
pub(crate) fn event<A: EventAttributes>(now: Time, attributes: A) -> HistoryEvent {
    HistoryEvent {
        event_time: Some(now.to_proto()),
        event_type: A::TYPE.into(),
        attributes: Some(attributes.into()),
        ..Default::default()
    }
}

/// The events of one run.
#[derive(Debug, Default)]
pub(crate) struct History {
    events: Vec<Arc<HistoryEvent>>,
    /// The first event of each batch.
    batches: Vec<i64>,
    batch_is_open: bool,
    bytes: i64,
    buffer: Vec<HistoryEvent>,
    buffer_bytes: usize,
    /// Events at the head of the buffer that are as they were when somebody last asked.
    buffer_kept: usize,
}

/// Where a history stood, to go back there.
#[derive(Debug, Clone)]
pub(crate) struct HistoryMark {
    events: usize,
    batches: usize,
    bytes: i64,
    buffer: Vec<HistoryEvent>,
    buffer_bytes: usize,
}

/// Which events got an id from the buffer: those that others point to.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    /// How many events were flushed.
    pub(crate) count: usize,
    /// Started events of activities: scheduled id → started id.
    pub(crate) activities: BTreeMap<i64, i64>,
    /// Started events of children: initiated id → started id.
    pub(crate) children: BTreeMap<i64, i64>,
    /// Timers that fired.
    pub(crate) timers: Vec<String>,
    /// Events by the request id that made them.
    pub(crate) request_ids: BTreeMap<String, i64>,
}

impl History {
    /// The first events of this history, up to a batch that begins at `end`.
    pub(crate) fn before(&self, end: i64) -> Self {
        let events = self.since(1);
        let count = usize::try_from(end - 1).unwrap_or(0).min(events.len());
        let events = events[..count].to_vec();
        let bytes: usize = events.iter().map(|event| event.encoded_len()).sum();
        Self {
            batches: self
                .batches
                .iter()
                .copied()
                .filter(|id| *id < end)
                .collect(),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            events,
            ..Self::default()
        }
    }

    /// The id of the next event.
    pub(crate) fn next_event_id(&self) -> i64 {
        i64::try_from(self.events.len()).expect("fewer events than i64::MAX") + 1
    }

    /// The id of the last event.
    pub(crate) fn last_event_id(&self) -> i64 {
        self.next_event_id() - 1
    }

    /// The bytes of all events.
    pub(crate) fn bytes(&self) -> i64 {
        self.bytes
    }

    /// All events from this id on.
    pub(crate) fn since(&self, first: i64) -> &[Arc<HistoryEvent>] {
        let index = usize::try_from(first - 1)
            .unwrap_or(0)
            .min(self.events.len());
        &self.events[index..]
    }

    /// One event.
    pub(crate) fn event(&self, id: i64) -> Option<&Arc<HistoryEvent>> {
        usize::try_from(id - 1)
            .ok()
            .and_then(|index| self.events.get(index))
    }

    /// The end (exclusive) of the last of at most `count` batches that start at or after event `first`.
    pub(crate) fn end_of_batches(&self, first: i64, count: usize) -> i64 {
        let from = self.batches.partition_point(|start| *start < first);
        // A page may begin within a batch only when a token was made by hand; it then ends with that batch.
        let from = if self.batches.get(from) == Some(&first) {
            from
        } else {
            from.saturating_sub(1)
        };
        self.batches
            .get(from.saturating_add(count))
            .copied()
            .unwrap_or_else(|| self.next_event_id())
    }

    /// The first event of the batch that holds event `id`.
    pub(crate) fn start_of_batch(&self, id: i64) -> i64 {
        let after = self.batches.partition_point(|start| *start <= id);
        self.batches
            .get(after.saturating_sub(1))
            .copied()
            .unwrap_or(1)
    }

    /// The next event begins a batch of its own.
    pub(crate) fn begin_batch(&mut self) {
        self.batch_is_open = false;
    }

    /// Writes an event and returns its id.
    pub(crate) fn add(&mut self, mut event: HistoryEvent) -> i64 {
        let id = self.next_event_id();
        if !self.batch_is_open {
            self.batches.push(id);
            self.batch_is_open = true;
        }
        event.event_id = id;
        event.task_id = 1_048_576 + id;
        self.bytes += i64::try_from(event.encoded_len()).unwrap_or(i64::MAX);
        self.events.push(Arc::new(event));
        id
    }

    /// Keeps an event for later.
    pub(crate) fn buffer(&mut self, event: HistoryEvent) {
        self.buffer_bytes += event.encoded_len();
        self.buffer.push(event);
    }

    /// The events that wait for an id.
    pub(crate) fn buffered(&self) -> &[HistoryEvent] {
        &self.buffer
    }

    /// The bytes of the events that wait for an id.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// Takes one event out of the buffer.
    pub(crate) fn unbuffer(&mut self, matches: impl Fn(&Attributes) -> bool) -> bool {
        let found = self
            .buffer
            .iter()
            .position(|event| event.attributes.as_ref().is_some_and(&matches));
        if let Some(index) = found {
            let event = self.buffer.remove(index);
            self.buffer_kept = self.buffer_kept.min(index);
            self.buffer_bytes = self.buffer_bytes.saturating_sub(event.encoded_len());
        }
        found.is_some()
    }

    /// Gives the buffered events their ids: ends of activities and children last, otherwise in order of arrival.
    pub(crate) fn flush(&mut self) -> Flushed {
        let mut flushed = Flushed::default();
        self.buffer_bytes = 0;
        self.buffer_kept = 0;
        let (ends, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.buffer)
            .into_iter()
            .partition(is_end);
        for mut event in others.into_iter().chain(ends) {
            point_to_started(&mut event, &flushed);
            flushed.count += 1;
            let id = self.next_event_id();
            match &event.attributes {
                Some(Attributes::ActivityTaskStartedEventAttributes(a)) => {
                    flushed.activities.insert(a.scheduled_event_id, id);
                }
                Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(a)) => {
                    flushed.children.insert(a.initiated_event_id, id);
                }
                Some(Attributes::TimerFiredEventAttributes(a)) => {
                    flushed.timers.push(a.timer_id.clone())
                }
                Some(Attributes::WorkflowExecutionSignaledEventAttributes(a))
                    if !a.request_id.is_empty() =>
                {
                    flushed.request_ids.insert(a.request_id.clone(), id);
                }
                Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(a)) => {
                    flushed
                        .request_ids
                        .insert(a.attached_request_id.clone(), id);
                }
                _ => {}
            }
            self.add(event);
        }
        flushed
    }

    /// The batches that begin at this event or later.
    pub(crate) fn batches_from(&self, first: i64) -> &[i64] {
        &self.batches[self.batches.partition_point(|start| *start < first)..]
    }

    /// How many events at the head of the buffer were there at the last call, and are as they were.
    pub(crate) fn take_buffer_kept(&mut self) -> usize {
        std::mem::replace(&mut self.buffer_kept, self.buffer.len())
    }

    /// A history from its events, which must be all of them.
    pub(crate) fn restore(
        stored: StoredEvents,
        buffer: Vec<HistoryEvent>,
    ) -> Result<Self, Damaged> {
        let dense = |(place, event): (usize, &HistoryEvent)| {
            usize::try_from(event.event_id).is_ok_and(|id| id == place + 1)
        };
        if let Some(gap) = stored.events.iter().enumerate().position(|at| !dense(at)) {
            return Err(Damaged(format!("event {} is missing", gap + 1)));
        }
        let last = stored.events.len();
        let within =
            |start: &i64| usize::try_from(*start).is_ok_and(|start| (1..=last).contains(&start));
        if !stored.batches.iter().all(within) || !stored.batches.is_sorted() {
            return Err(Damaged("batches of events out of order".into()));
        }
        let size = |event: &HistoryEvent| event.encoded_len();
        Ok(Self {
            bytes: stored
                .events
                .iter()
                .map(|event| i64::try_from(size(event)).unwrap_or(i64::MAX))
                .sum(),
            events: stored.events.into_iter().map(Arc::new).collect(),
            batches: stored.batches,
            // The next request begins a batch in any case.
            batch_is_open: false,
            buffer_bytes: buffer.iter().map(size).sum(),
            buffer_kept: buffer.len(),
            buffer,
        })
    }

    /// Remembers where the history stands.
    pub(crate) fn mark(&self) -> HistoryMark {
        HistoryMark {
            events: self.events.len(),
            batches: self.batches.len(),
            bytes: self.bytes,
            buffer: self.buffer.clone(),
            buffer_bytes: self.buffer_bytes,
        }
    }

    /// Forgets what was written since.
    pub(crate) fn undo(&mut self, mark: HistoryMark) {
        self.events.truncate(mark.events);
        if self.batches.len() > mark.batches {
            self.batches.truncate(mark.batches);
            self.batch_is_open = false;
        }
        self.bytes = mark.bytes;
        self.buffer = mark.buffer;
        self.buffer_kept = 0;
        self.buffer_bytes = mark.buffer_bytes;
    }
}

/// Whether an event ends an activity or a child: such events are flushed last.
fn is_end(event: &HistoryEvent) -> bool {
    use EventType as E;
    matches!(
        E::try_from(event.event_type),
        Ok(E::ActivityTaskCompleted
            | E::ActivityTaskFailed
            | E::ActivityTaskTimedOut
            | E::ActivityTaskCanceled
            | E::ChildWorkflowExecutionCompleted
            | E::ChildWorkflowExecutionFailed
            | E::ChildWorkflowExecutionTimedOut
            | E::ChildWorkflowExecutionCanceled
            | E::ChildWorkflowExecutionTerminated)
    )
}

/// An end that was buffered along with its start learns the start's id.
fn point_to_started(event: &mut HistoryEvent, flushed: &Flushed) {
    let (started, origin, flushed) = match event.attributes.as_mut() {
        Some(Attributes::ActivityTaskCompletedEventAttributes(a)) => (
            &mut a.started_event_id,
            a.scheduled_event_id,
            &flushed.activities,
        ),
        Some(Attributes::ActivityTaskFailedEventAttributes(a)) => (
            &mut a.started_event_id,
            a.scheduled_event_id,
            &flushed.activities,
        ),
        Some(Attributes::ActivityTaskTimedOutEventAttributes(a)) => (
            &mut a.started_event_id,
            a.scheduled_event_id,
            &flushed.activities,
        ),
        Some(Attributes::ActivityTaskCanceledEventAttributes(a)) => (
            &mut a.started_event_id,
            a.scheduled_event_id,
            &flushed.activities,
        ),
        Some(Attributes::ChildWorkflowExecutionCompletedEventAttributes(a)) => (
            &mut a.started_event_id,
            a.initiated_event_id,
            &flushed.children,
        ),
        Some(Attributes::ChildWorkflowExecutionFailedEventAttributes(a)) => (
            &mut a.started_event_id,
            a.initiated_event_id,
            &flushed.children,
        ),
        Some(Attributes::ChildWorkflowExecutionTimedOutEventAttributes(a)) => (
            &mut a.started_event_id,
            a.initiated_event_id,
            &flushed.children,
        ),
        Some(Attributes::ChildWorkflowExecutionCanceledEventAttributes(a)) => (
            &mut a.started_event_id,
            a.initiated_event_id,
            &flushed.children,
        ),
        Some(Attributes::ChildWorkflowExecutionTerminatedEventAttributes(a)) => (
            &mut a.started_event_id,
            a.initiated_event_id,
            &flushed.children,
        ),
        _ => return,
    };
    if *started == BUFFERED {
        *started = flushed.get(&origin).copied().unwrap_or(0);
    }
}
