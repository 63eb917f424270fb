//! What a run waits for, as its history tells: nothing ends that was not begun, nothing ends twice, and no time is over
//! before it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::enums::{EventType as E, TimeoutType};
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes as A;

use crate::engine::time::{Time, checked};

fn time(event: &HistoryEvent) -> Time {
    Time::from_proto(event.event_time.as_ref().expect("an event has a time"))
}

/// Things that begin and end once, by the event that began them.
#[derive(Default)]
struct Begun(BTreeMap<i64, bool>);

impl Begun {
    fn begin(&mut self, id: i64) {
        self.0.insert(id, false);
    }

    fn is_open(&self, id: i64) -> bool {
        self.0.get(&id) == Some(&false)
    }

    fn end(&mut self, place: &str, id: i64) {
        let ended = self.0.insert(id, true);
        assert_eq!(
            ended,
            Some(false),
            "{place}: what began at {id} is not open"
        );
    }
}

pub(super) fn check(place: &str, events: &[Arc<HistoryEvent>]) {
    check_activities(place, events);
    check_timers(place, events);
    check_others(place, events);
    check_updates(place, events);
    check_timeout(place, events);
}

/// The event of this id.
fn event<'a>(events: &'a [Arc<HistoryEvent>], place: &str, id: i64) -> &'a HistoryEvent {
    let found = usize::try_from(id - 1)
        .ok()
        .and_then(|index| events.get(index));
    found.unwrap_or_else(|| panic!("{place}: there is no event {id}"))
}

fn check_activities(place: &str, events: &[Arc<HistoryEvent>]) {
    let mut open = Begun::default();
    // Started event → scheduled event.
    let mut started = BTreeMap::new();
    for event in events {
        let place = format!("{place}, event {}", event.event_id);
        let (scheduled_id, started_id) = match event.attributes.as_ref() {
            Some(A::ActivityTaskScheduledEventAttributes(_)) => {
                open.begin(event.event_id);
                continue;
            }
            Some(A::ActivityTaskStartedEventAttributes(a)) => {
                assert!(open.is_open(a.scheduled_event_id), "{place}");
                assert!(a.attempt > 0, "{place}");
                started.insert(event.event_id, a.scheduled_event_id);
                continue;
            }
            Some(A::ActivityTaskCompletedEventAttributes(a)) => {
                (a.scheduled_event_id, a.started_event_id)
            }
            Some(A::ActivityTaskFailedEventAttributes(a)) => {
                (a.scheduled_event_id, a.started_event_id)
            }
            Some(A::ActivityTaskTimedOutEventAttributes(a)) => {
                check_activity_timeout(&place, events, event, a.scheduled_event_id);
                (a.scheduled_event_id, a.started_event_id)
            }
            Some(A::ActivityTaskCanceledEventAttributes(a)) => {
                (a.scheduled_event_id, a.started_event_id)
            }
            _ => continue,
        };
        open.end(&place, scheduled_id);
        if started_id != 0 {
            assert_eq!(started.remove(&started_id), Some(scheduled_id), "{place}");
        }
    }
    assert!(
        started.is_empty(),
        "{place}: started without an end: {started:?}"
    );
}

/// An activity does not run out of its time before the time is over.
fn check_activity_timeout(
    place: &str,
    events: &[Arc<HistoryEvent>],
    ended: &HistoryEvent,
    scheduled_id: i64,
) {
    let Some(A::ActivityTaskTimedOutEventAttributes(end)) = &ended.attributes else {
        return;
    };
    let info = end
        .failure
        .as_ref()
        .and_then(|failure| failure.failure_info.as_ref());
    let Some(FailureInfo::TimeoutFailureInfo(info)) = info else {
        panic!("{place}: a timeout without one: {end:?}");
    };
    let scheduled = event(events, place, scheduled_id);
    let Some(A::ActivityTaskScheduledEventAttributes(asked)) = &scheduled.attributes else {
        panic!("{place}: {scheduled_id} is no activity");
    };
    let (from, timeout) = match info.timeout_type() {
        TimeoutType::StartToClose => (
            event(events, place, end.started_event_id),
            &asked.start_to_close_timeout,
        ),
        TimeoutType::Heartbeat => (
            event(events, place, end.started_event_id),
            &asked.heartbeat_timeout,
        ),
        _ => return,
    };
    let least = checked(timeout.as_ref());
    assert!(
        time(ended) >= time(from).plus(least),
        "{place} came too early"
    );
}

fn check_timers(place: &str, events: &[Arc<HistoryEvent>]) {
    // By id: the event that started it.
    let mut open: BTreeMap<&str, &HistoryEvent> = BTreeMap::new();
    for event in events {
        let place = format!("{place}, event {}", event.event_id);
        let (timer_id, started_id) = match event.attributes.as_ref() {
            Some(A::TimerStartedEventAttributes(a)) => {
                assert!(open.insert(&a.timer_id, event).is_none(), "{place}");
                continue;
            }
            Some(A::TimerFiredEventAttributes(a)) => (&a.timer_id, a.started_event_id),
            Some(A::TimerCanceledEventAttributes(a)) => (&a.timer_id, a.started_event_id),
            _ => continue,
        };
        let started = open.remove(timer_id.as_str());
        let started = started.unwrap_or_else(|| panic!("{place}: timer {timer_id} is not open"));
        assert_eq!(started.event_id, started_id, "{place}");
        if let (E::TimerFired, Some(A::TimerStartedEventAttributes(asked))) =
            (event.event_type(), &started.attributes)
        {
            let least = checked(asked.start_to_fire_timeout.as_ref());
            assert!(
                time(event) >= time(started).plus(least),
                "{place} fired early"
            );
        }
    }
}

/// Children, and what is said to other workflows.
fn check_others(place: &str, events: &[Arc<HistoryEvent>]) {
    let mut asked = Begun::default();
    let mut children = Begun::default();
    let mut cancels = 0;
    for event in events {
        let id = event.event_id;
        let place = format!("{place}, event {id}");
        match event.attributes.as_ref() {
            Some(
                A::StartChildWorkflowExecutionInitiatedEventAttributes(_)
                | A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_)
                | A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_),
            ) => asked.begin(id),
            Some(A::StartChildWorkflowExecutionFailedEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionStartedEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
                children.begin(a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionCompletedEventAttributes(a)) => {
                children.end(&place, a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionFailedEventAttributes(a)) => {
                children.end(&place, a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionCanceledEventAttributes(a)) => {
                children.end(&place, a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionTimedOutEventAttributes(a)) => {
                children.end(&place, a.initiated_event_id);
            }
            Some(A::ChildWorkflowExecutionTerminatedEventAttributes(a)) => {
                children.end(&place, a.initiated_event_id);
            }
            Some(A::ExternalWorkflowExecutionSignaledEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
            }
            Some(A::SignalExternalWorkflowExecutionFailedEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
            }
            Some(A::ExternalWorkflowExecutionCancelRequestedEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
            }
            Some(A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(a)) => {
                asked.end(&place, a.initiated_event_id);
            }
            Some(A::WorkflowExecutionCancelRequestedEventAttributes(_)) => cancels += 1,
            _ => {}
        }
    }
    assert!(
        cancels <= 1,
        "{place}: cancellation was requested {cancels} times"
    );
}

fn check_updates(place: &str, events: &[Arc<HistoryEvent>]) {
    // Accepted event → update.
    let mut accepted = BTreeMap::new();
    let mut known = BTreeSet::new();
    for event in events {
        let place = format!("{place}, event {}", event.event_id);
        match event.attributes.as_ref() {
            Some(A::WorkflowExecutionUpdateAcceptedEventAttributes(a)) => {
                assert!(
                    known.insert(&a.protocol_instance_id),
                    "{place} is the second"
                );
                accepted.insert(event.event_id, &a.protocol_instance_id);
            }
            Some(A::WorkflowExecutionUpdateCompletedEventAttributes(a)) => {
                let update = a.meta.as_ref().map(|meta| &meta.update_id);
                assert_eq!(accepted.remove(&a.accepted_event_id), update, "{place}");
            }
            _ => {}
        }
    }
}

/// A run does not run out of its time before the time is over.
fn check_timeout(place: &str, events: &[Arc<HistoryEvent>]) {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return;
    };
    let Some(A::WorkflowExecutionStartedEventAttributes(started)) = &first.attributes else {
        return;
    };
    let least = checked(started.workflow_run_timeout.as_ref());
    if last.event_type() == E::WorkflowExecutionTimedOut && least > Duration::ZERO {
        let due = time(first).plus(least);
        assert!(time(last) >= due, "{place} ran out of time early");
    }
}
