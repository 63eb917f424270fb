//! What holds of every history, whatever the program: looked at event by event.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use temporal_protos::history::{HistoryEvent, history_event::Attributes as A};

use super::simulation::Histories;
use crate::convert::std_time;

/// Checks all histories of a world, and that each of these signals is in one of them, once.
pub(super) fn audit(
    histories: &Histories,
    acknowledged: &BTreeSet<(String, String)>,
) -> Result<(), String> {
    let mut signalled = BTreeMap::new();
    for ((workflow_id, run_id), events) in histories {
        audit_run(events)
            .map_err(|wrong| format!("the history of `{workflow_id}`, run {run_id}: {wrong}"))?;
        for event in events {
            if let Some(A::WorkflowExecutionSignaledEventAttributes(signal)) = &event.attributes {
                let key = (workflow_id.clone(), signal.request_id.clone());
                *signalled.entry(key).or_insert(0) += 1;
            }
        }
    }
    for key in acknowledged {
        let times = signalled.get(key).copied().unwrap_or(0);
        if times != 1 {
            return Err(format!(
                "`{}` was acknowledged to `{}`, and is in history {times} times",
                key.1, key.0
            ));
        }
    }
    Ok(())
}

fn audit_run(events: &[HistoryEvent]) -> Result<(), String> {
    let mut ended = BTreeSet::new();
    for (place, event) in events.iter().enumerate() {
        let id = event.event_id;
        if id != i64::try_from(place).unwrap_or_default() + 1 {
            return Err(format!("event {id} is at place {}", place + 1));
        }
        let attributes = event
            .attributes
            .as_ref()
            .ok_or_else(|| format!("event {id} is empty"))?;
        if (id == 1) != matches!(attributes, A::WorkflowExecutionStartedEventAttributes(_)) {
            return Err(format!("event {id} is a {:?}", event.event_type()));
        }
        if is_close(attributes) && place + 1 != events.len() {
            return Err(format!("there are events after the end, which is {id}"));
        }
        let Some((begun, ends)) = begun_by(attributes) else {
            continue;
        };
        let first = usize::try_from(begun - 1)
            .ok()
            .and_then(|at| events[..place].get(at));
        let first =
            first.ok_or_else(|| format!("event {id} tells of {begun}, which is not before it"))?;
        if !begins(first, attributes) {
            return Err(format!(
                "event {id}, a {:?}, tells of {begun}, a {:?}",
                event.event_type(),
                first.event_type()
            ));
        }
        if ends && !ended.insert(begun) {
            return Err(format!("event {id} ends {begun}, which had ended"));
        }
        not_early(first, event)?;
    }
    Ok(())
}

const fn is_close(attributes: &A) -> bool {
    matches!(
        attributes,
        A::WorkflowExecutionCompletedEventAttributes(_)
            | A::WorkflowExecutionFailedEventAttributes(_)
            | A::WorkflowExecutionTimedOutEventAttributes(_)
            | A::WorkflowExecutionCanceledEventAttributes(_)
            | A::WorkflowExecutionTerminatedEventAttributes(_)
            | A::WorkflowExecutionContinuedAsNewEventAttributes(_)
    )
}

/// Which event began what this one tells of, and whether it tells of its end.
const fn begun_by(attributes: &A) -> Option<(i64, bool)> {
    Some(match attributes {
        A::WorkflowTaskStartedEventAttributes(a) => (a.scheduled_event_id, false),
        A::WorkflowTaskCompletedEventAttributes(a) => (a.scheduled_event_id, true),
        A::WorkflowTaskFailedEventAttributes(a) => (a.scheduled_event_id, true),
        A::WorkflowTaskTimedOutEventAttributes(a) => (a.scheduled_event_id, true),
        A::ActivityTaskStartedEventAttributes(a) => (a.scheduled_event_id, false),
        A::ActivityTaskCancelRequestedEventAttributes(a) => (a.scheduled_event_id, false),
        A::ActivityTaskCompletedEventAttributes(a) => (a.scheduled_event_id, true),
        A::ActivityTaskFailedEventAttributes(a) => (a.scheduled_event_id, true),
        A::ActivityTaskTimedOutEventAttributes(a) => (a.scheduled_event_id, true),
        A::ActivityTaskCanceledEventAttributes(a) => (a.scheduled_event_id, true),
        A::TimerFiredEventAttributes(a) => (a.started_event_id, true),
        A::TimerCanceledEventAttributes(a) => (a.started_event_id, true),
        A::ChildWorkflowExecutionStartedEventAttributes(a) => (a.initiated_event_id, false),
        A::StartChildWorkflowExecutionFailedEventAttributes(a) => (a.initiated_event_id, true),
        A::ChildWorkflowExecutionCompletedEventAttributes(a) => (a.initiated_event_id, true),
        A::ChildWorkflowExecutionFailedEventAttributes(a) => (a.initiated_event_id, true),
        A::ChildWorkflowExecutionCanceledEventAttributes(a) => (a.initiated_event_id, true),
        A::ChildWorkflowExecutionTimedOutEventAttributes(a) => (a.initiated_event_id, true),
        A::ChildWorkflowExecutionTerminatedEventAttributes(a) => (a.initiated_event_id, true),
        A::ExternalWorkflowExecutionSignaledEventAttributes(a) => (a.initiated_event_id, true),
        A::SignalExternalWorkflowExecutionFailedEventAttributes(a) => (a.initiated_event_id, true),
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(a) => {
            (a.initiated_event_id, true)
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(a) => {
            (a.initiated_event_id, true)
        }
        _ => return None,
    })
}

/// Whether the first event begins what the other tells of.
const fn begins(first: &HistoryEvent, other: &A) -> bool {
    let Some(first) = &first.attributes else {
        return false;
    };
    match other {
        A::WorkflowTaskStartedEventAttributes(_)
        | A::WorkflowTaskCompletedEventAttributes(_)
        | A::WorkflowTaskFailedEventAttributes(_)
        | A::WorkflowTaskTimedOutEventAttributes(_) => {
            matches!(first, A::WorkflowTaskScheduledEventAttributes(_))
        }
        A::TimerFiredEventAttributes(_) | A::TimerCanceledEventAttributes(_) => {
            matches!(first, A::TimerStartedEventAttributes(_))
        }
        A::ExternalWorkflowExecutionSignaledEventAttributes(_)
        | A::SignalExternalWorkflowExecutionFailedEventAttributes(_) => {
            matches!(
                first,
                A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_)
            )
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(_)
        | A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(_) => {
            matches!(
                first,
                A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_)
            )
        }
        A::ActivityTaskStartedEventAttributes(_)
        | A::ActivityTaskCancelRequestedEventAttributes(_)
        | A::ActivityTaskCompletedEventAttributes(_)
        | A::ActivityTaskFailedEventAttributes(_)
        | A::ActivityTaskTimedOutEventAttributes(_)
        | A::ActivityTaskCanceledEventAttributes(_) => {
            matches!(first, A::ActivityTaskScheduledEventAttributes(_))
        }
        _ => matches!(
            first,
            A::StartChildWorkflowExecutionInitiatedEventAttributes(_)
        ),
    }
}

/// A timer fires when its time is over, or later.
fn not_early(first: &HistoryEvent, fired: &HistoryEvent) -> Result<(), String> {
    let (Some(A::TimerStartedEventAttributes(timer)), Some(A::TimerFiredEventAttributes(_))) =
        (&first.attributes, &fired.attributes)
    else {
        return Ok(());
    };
    let wanted = timer.start_to_fire_timeout.unwrap_or_default();
    let wanted = Duration::try_from(wanted).map_err(|error| error.to_string())?;
    let time = |event: &HistoryEvent| event.event_time.as_ref().map(std_time);
    let due = time(first).and_then(|began| began.checked_add(wanted));
    if time(fired) < due {
        return Err(format!("timer {} fired too early", timer.timer_id));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use temporal_protos::history::*;

    use super::*;

    fn timer_run() -> Vec<HistoryEvent> {
        let timer = TimerStartedEventAttributes {
            start_to_fire_timeout: Some(crate::convert::proto_duration(Duration::from_secs(5))),
            ..TimerStartedEventAttributes::default()
        };
        let fired = TimerFiredEventAttributes {
            started_event_id: 5,
            ..TimerFiredEventAttributes::default()
        };
        let started = WorkflowTaskStartedEventAttributes {
            scheduled_event_id: 2,
            ..WorkflowTaskStartedEventAttributes::default()
        };
        let completed = WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: 2,
            ..WorkflowTaskCompletedEventAttributes::default()
        };
        let attributes: [A; 6] = [
            WorkflowExecutionStartedEventAttributes::default().into(),
            WorkflowTaskScheduledEventAttributes::default().into(),
            started.into(),
            completed.into(),
            timer.into(),
            fired.into(),
        ];
        let event = |(id, attributes)| HistoryEvent {
            event_id: id,
            event_time: Some(prost_types::Timestamp {
                seconds: id * 5,
                nanos: 0,
            }),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        };
        (1..).zip(attributes).map(event).collect()
    }

    fn wrong(change: impl FnOnce(&mut Vec<HistoryEvent>)) -> String {
        let mut events = timer_run();
        change(&mut events);
        audit_run(&events).expect_err("it is wrong")
    }

    #[test]
    fn what_is_wrong_is_found() {
        assert_eq!(audit_run(&timer_run()), Ok(()));
        assert_eq!(wrong(|e| drop(e.remove(3))), "event 5 is at place 4");
        assert!(wrong(|e| e[5].event_time = e[4].event_time).contains("too early"));
        assert!(wrong(|e| e[2].attributes = e[5].attributes.clone()).contains("not before it"));
        assert!(wrong(|e| e[5].attributes = e[3].attributes.clone()).contains("which had ended"));
        let closed = WorkflowExecutionCompletedEventAttributes::default();
        assert!(wrong(|e| e[4].attributes = Some(closed.into())).contains("after the end"));
    }

    #[test]
    fn a_signal_that_is_lost_or_twice_there_is_found() {
        let key = ("w".to_owned(), "r".to_owned());
        let histories = Histories::from([(key, timer_run())]);
        let taken = BTreeSet::from([("w".to_owned(), "poke".to_owned())]);
        assert_eq!(audit(&histories, &BTreeSet::new()), Ok(()));
        assert!(audit(&histories, &taken).is_err_and(|wrong| wrong.contains("0 times")));
    }
}
