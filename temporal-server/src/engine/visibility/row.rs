//! One execution as visibility knows it, and its values under the names of search attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use temporal_protos::common::{Payload, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus;
use temporal_protos::workflow::WorkflowExecutionInfo;

use super::attribute::{Attributes, DIVISION, Field, ValueType};
use super::moment::Moment;
use super::write::decode;
use crate::engine::effect::VisibilityRow;
use crate::engine::time::Time;

/// A value of an attribute, in a row or in a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Keyword(String),
    /// In a query: any of these. In a row: all of these.
    Keywords(Vec<String>),
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
    Time(Moment),
}

/// A row, with the attributes that its execution carries decoded for comparison.
#[derive(Debug)]
pub(super) struct Row {
    seen: VisibilityRow,
    carried: BTreeMap<String, Value>,
}

impl Row {
    /// The row of an execution. Attributes that are not defined (any more) are kept but cannot be asked for.
    pub(super) fn new(seen: VisibilityRow, attributes: &Attributes) -> Self {
        let mut carried = BTreeMap::new();
        for (name, payload) in &seen.search_attributes.indexed_fields {
            let kind = attributes.carried(name);
            if let Some(value) = kind.and_then(|kind| decode(payload, kind).ok().flatten()) {
                carried.insert(name.clone(), value);
            }
        }
        Self { seen, carried }
    }

    pub(super) fn seen(&self) -> &VisibilityRow {
        &self.seen
    }

    /// The division of system features that the row belongs to.
    pub(super) fn division(&self) -> Option<&str> {
        match self.carried.get(DIVISION) {
            Some(Value::Keyword(division)) => Some(division),
            _ => None,
        }
    }

    /// The value of a field; none stands for SQL's null.
    pub(super) fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
        let seen = &self.seen;
        let keyword = |text: &str| Some(Cow::Owned(Value::Keyword(text.to_owned())));
        let closed = |number: i64| seen.close_time.map(|_| Cow::Owned(Value::Int(number)));
        let parent = |part: fn(&WorkflowExecution) -> &str| {
            seen.parent
                .as_ref()
                .and_then(|parent| keyword(part(parent)))
        };
        match field {
            Field::WorkflowId => keyword(&seen.workflow_id),
            Field::RunId => keyword(&seen.run_id),
            Field::WorkflowType => keyword(&seen.workflow_type),
            Field::TaskQueue => keyword(&seen.task_queue),
            Field::ExecutionStatus => Some(Cow::Owned(Value::Int(i64::from(seen.status as i32)))),
            Field::StartTime => time(seen.start_time),
            Field::ExecutionTime => time(seen.execution_time),
            Field::CloseTime => seen.close_time.and_then(time),
            Field::HistoryLength => closed(seen.history_length),
            Field::HistorySizeBytes => closed(seen.history_size_bytes),
            Field::StateTransitionCount => closed(seen.state_transition_count),
            Field::ExecutionDuration => self.duration_nanos().and_then(closed),
            Field::ParentWorkflowId => parent(|parent| &parent.workflow_id),
            Field::ParentRunId => parent(|parent| &parent.run_id),
            Field::RootWorkflowId => keyword(&seen.root.workflow_id),
            Field::RootRunId => keyword(&seen.root.run_id),
            // Payloads are never kept elsewhere by this service.
            Field::ExternalPayloadCount | Field::ExternalPayloadSizeBytes => closed(0),
            Field::Carried(name) => self.carried.get(name).map(Cow::Borrowed),
        }
    }

    fn duration_nanos(&self) -> Option<i64> {
        Some(
            self.seen
                .close_time?
                .as_nanos()
                .saturating_sub(self.seen.execution_time.as_nanos())
                .max(0),
        )
    }

    /// The row as list responses show it.
    pub(super) fn info(&self) -> WorkflowExecutionInfo {
        let seen = &self.seen;
        let closed = seen.close_time.is_some();
        let fields = &seen.search_attributes.indexed_fields;
        WorkflowExecutionInfo {
            execution: Some(WorkflowExecution {
                workflow_id: seen.workflow_id.clone(),
                run_id: seen.run_id.clone(),
            }),
            r#type: Some(temporal_protos::common::WorkflowType {
                name: seen.workflow_type.clone(),
            }),
            start_time: Some(seen.start_time.to_proto()),
            execution_time: Some(seen.execution_time.to_proto()),
            close_time: seen.close_time.map(Time::to_proto),
            execution_duration: self.duration_nanos().map(duration),
            status: seen.status as i32,
            history_length: if closed { seen.history_length } else { 0 },
            history_size_bytes: if closed { seen.history_size_bytes } else { 0 },
            state_transition_count: if closed {
                seen.state_transition_count
            } else {
                0
            },
            parent_execution: seen.parent.clone(),
            root_execution: Some(seen.root.clone()),
            memo: Some(seen.memo.clone()),
            search_attributes: (!fields.is_empty()).then(|| seen.search_attributes.clone()),
            task_queue: seen.task_queue.clone(),
            ..WorkflowExecutionInfo::default()
        }
    }
}

fn time(at: Time) -> Option<Cow<'static, Value>> {
    Some(Cow::Owned(Value::Time(Moment::from_unix_nanos(
        at.as_nanos(),
    ))))
}

fn duration(nanos: i64) -> prost_types::Duration {
    let rest = i32::try_from(nanos % 1_000_000_000).unwrap_or_default();
    prost_types::Duration {
        seconds: nanos / 1_000_000_000,
        nanos: rest,
    }
}

/// The statuses with the names that queries and counts use.
const STATUSES: [(WorkflowExecutionStatus, &str); 9] = [
    (WorkflowExecutionStatus::Unspecified, "Unspecified"),
    (WorkflowExecutionStatus::Running, "Running"),
    (WorkflowExecutionStatus::Completed, "Completed"),
    (WorkflowExecutionStatus::Failed, "Failed"),
    (WorkflowExecutionStatus::Canceled, "Canceled"),
    (WorkflowExecutionStatus::Terminated, "Terminated"),
    (WorkflowExecutionStatus::ContinuedAsNew, "ContinuedAsNew"),
    (WorkflowExecutionStatus::TimedOut, "TimedOut"),
    (WorkflowExecutionStatus::Paused, "Paused"),
];

/// The status of this name: short, or in the wire's full form.
pub(super) fn status_from_name(name: &str) -> Option<WorkflowExecutionStatus> {
    let short = STATUSES
        .iter()
        .find(|(_, short)| *short == name)
        .map(|(status, _)| *status);
    short.or_else(|| WorkflowExecutionStatus::from_str_name(name))
}

/// The status of this number.
pub(super) fn status_from_number(number: i64) -> Option<WorkflowExecutionStatus> {
    STATUSES
        .iter()
        .find(|(status, _)| i64::from(*status as i32) == number)
        .map(|(status, _)| *status)
}

/// The short name of a status.
pub(super) fn status_name(status: WorkflowExecutionStatus) -> &'static str {
    STATUSES
        .iter()
        .find(|(found, _)| *found == status)
        .map_or("Unspecified", |(_, name)| *name)
}

/// A keyword as the typed payload that counts and lists carry.
pub(super) fn keyword_payload(text: &str) -> Payload {
    let data = serde_json::to_vec(text).unwrap_or_default();
    Payload {
        metadata: BTreeMap::from([
            ("encoding".to_owned(), "json/plain".into()),
            ("type".to_owned(), ValueType::Keyword.name().into()),
        ]),
        data: data.into(),
        ..Payload::default()
    }
}
