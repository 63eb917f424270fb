//! The history that a service records for a chain of activities, made up here, so that replay can be measured without
//! a service.

use std::time::{Duration, SystemTime};

use temporal_protos::{
    common::{ActivityType, Payload, Payloads, WorkflowType},
    history::{
        ActivityTaskCompletedEventAttributes, ActivityTaskScheduledEventAttributes,
        ActivityTaskStartedEventAttributes, History, HistoryEvent,
        WorkflowExecutionCompletedEventAttributes, WorkflowExecutionStartedEventAttributes,
        WorkflowTaskCompletedEventAttributes, WorkflowTaskScheduledEventAttributes,
        WorkflowTaskStartedEventAttributes, history_event::Attributes,
    },
    prost::Message as _,
};
use temporal_runtime::{Error, replay::WorkflowHistory};

/// One activity after another, `size` times: six events for each activity, and five around them.
///
/// # Errors
/// Never, as long as the history made here is one.
pub fn chain(size: u32) -> Result<WorkflowHistory, Error> {
    let mut events = Events(Vec::new());
    events.add(WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType {
            name: "Chain".to_owned(),
        }),
        workflow_id: "offline-chain".to_owned(),
        input: number(size),
        original_execution_run_id: "offline-run".to_owned(),
        first_execution_run_id: "offline-run".to_owned(),
        attempt: 1,
        ..Default::default()
    });
    for i in 0..size {
        let completed = events.workflow_task();
        let scheduled_event_id = events.add(ActivityTaskScheduledEventAttributes {
            activity_id: (i + 1).to_string(),
            activity_type: Some(ActivityType {
                name: "echo".to_owned(),
            }),
            input: number(i),
            workflow_task_completed_event_id: completed,
            ..Default::default()
        });
        let started_event_id = events.add(ActivityTaskStartedEventAttributes {
            scheduled_event_id,
            attempt: 1,
            ..Default::default()
        });
        events.add(ActivityTaskCompletedEventAttributes {
            scheduled_event_id,
            started_event_id,
            result: number(i),
            ..Default::default()
        });
    }
    let completed = events.workflow_task();
    events.add(WorkflowExecutionCompletedEventAttributes {
        result: number(size.saturating_sub(1)),
        workflow_task_completed_event_id: completed,
        ..Default::default()
    });
    WorkflowHistory::decode(&History { events: events.0 }.encode_to_vec())
}

struct Events(Vec<HistoryEvent>);

impl Events {
    fn add(&mut self, attributes: impl Into<Attributes>) -> i64 {
        let attributes = attributes.into();
        let event_id = i64::try_from(self.0.len()).unwrap_or(i64::MAX - 1) + 1;
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        self.0.push(HistoryEvent {
            event_id,
            event_time: Some(temporal_protos::prost_types::Timestamp {
                seconds: i64::try_from(since.as_secs()).unwrap_or_default(),
                nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
            }),
            event_type: attributes.event_type().into(),
            attributes: Some(attributes),
            ..Default::default()
        });
        event_id
    }

    /// A workflow task that ran to completion; gives the id of its last event.
    fn workflow_task(&mut self) -> i64 {
        let scheduled_event_id = self.add(WorkflowTaskScheduledEventAttributes {
            attempt: 1,
            ..Default::default()
        });
        let started_event_id = self.add(WorkflowTaskStartedEventAttributes {
            scheduled_event_id,
            ..Default::default()
        });
        self.add(WorkflowTaskCompletedEventAttributes {
            scheduled_event_id,
            started_event_id,
            ..Default::default()
        })
    }
}

/// One number, as every SDK writes it.
#[must_use]
pub fn number(value: u32) -> Option<Payloads> {
    let payload = Payload {
        metadata: [("encoding".to_owned(), b"json/plain".as_slice().into())].into(),
        data: value.to_string().into_bytes().into(),
        ..Default::default()
    };
    Some(Payloads {
        payloads: vec![payload],
    })
}
