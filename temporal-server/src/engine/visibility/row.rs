//! One execution as visibility knows it, and its values under the names of search attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message as _;
use temporal_protos::common::{Memo, Payload, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus;
use temporal_protos::workflow::WorkflowExecutionInfo;

use super::attribute::{Attributes, DIVISION, Field, ValueType};
use super::moment::Moment;
use super::names::Names;
use super::write::decode;
use crate::engine::effect::VisibilityRow;
#[cfg(test)]
use crate::engine::surroundings::Namespace;
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

/// A row in little memory, since there is one of each run that has ended: ids are shared with who else has them, names
/// with other rows, and what most runs do not have takes no room.
#[derive(Debug)]
pub(super) struct Row {
    workflow_id: Arc<str>,
    run_id: Arc<str>,
    workflow_type: Arc<str>,
    task_queue: Arc<str>,
    status: WorkflowExecutionStatus,
    start_time: Time,
    execution_time: Time,
    close_time: Option<Time>,
    history_length: i64,
    history_size_bytes: i64,
    state_transition_count: i64,
    rest: Option<Box<Rest>>,
}

/// What most runs do not have.
#[derive(Debug, Default)]
struct Rest {
    parent: Option<WorkflowExecution>,
    /// Unless it is the run itself.
    root: Option<WorkflowExecution>,
    /// Encoded, like the attributes: what came in a request would keep all of the request.
    memo: Box<[u8]>,
    search_attributes: Box<[u8]>,
    /// The attributes again, in the order of their names, decoded for comparison.
    carried: Box<[(Arc<str>, Value)]>,
}

impl Row {
    /// The row of an execution. Attributes that are not defined (any more) are kept but cannot be asked for.
    pub(super) fn new(seen: VisibilityRow, attributes: &Attributes, names: &mut Names) -> Self {
        let is_itself =
            *seen.root.run_id == *seen.run_id && *seen.root.workflow_id == *seen.workflow_id;
        let rest = Rest {
            parent: seen.parent,
            root: (!is_itself).then_some(seen.root),
            memo: seen.memo.encode_to_vec().into(),
            search_attributes: seen.search_attributes.encode_to_vec().into(),
            carried: carried(&seen.search_attributes, attributes, names),
        };
        Self {
            workflow_id: seen.workflow_id,
            run_id: seen.run_id,
            workflow_type: names.share(&seen.workflow_type),
            task_queue: names.share(&seen.task_queue),
            status: seen.status,
            start_time: seen.start_time,
            execution_time: seen.execution_time,
            close_time: seen.close_time,
            history_length: seen.history_length,
            history_size_bytes: seen.history_size_bytes,
            state_transition_count: seen.state_transition_count,
            rest: (!rest.is_nothing()).then(|| Box::new(rest)),
        }
    }

    /// Decodes the attributes again, because names may mean something else now.
    pub(super) fn reread(&mut self, attributes: &Attributes, names: &mut Names) {
        let search_attributes = self.search_attributes();
        let Some(rest) = &mut self.rest else { return };
        let fresh = carried(&search_attributes, attributes, names);
        let old = std::mem::replace(&mut rest.carried, fresh);
        names.release(old.into_iter().map(|(name, _)| name));
    }

    /// The row is gone: so are names that no other has.
    pub(super) fn release(self, names: &mut Names) {
        names.release([self.workflow_type, self.task_queue]);
        if let Some(rest) = self.rest {
            names.release(rest.carried.into_iter().map(|(name, _)| name));
        }
    }

    /// Running, or how it ended.
    pub(super) fn status(&self) -> WorkflowExecutionStatus {
        self.status
    }

    /// What the row was made of.
    #[cfg(test)]
    pub(super) fn seen(&self, namespace: &Arc<Namespace>) -> VisibilityRow {
        let rest = self.rest.as_deref();
        VisibilityRow {
            namespace: namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
            workflow_type: self.workflow_type.to_string(),
            task_queue: self.task_queue.to_string(),
            status: self.status,
            start_time: self.start_time,
            execution_time: self.execution_time,
            close_time: self.close_time,
            history_length: self.history_length,
            history_size_bytes: self.history_size_bytes,
            state_transition_count: self.state_transition_count,
            parent: rest.and_then(|rest| rest.parent.clone()),
            root: self.root(),
            memo: self.memo(),
            search_attributes: self.search_attributes(),
        }
    }

    fn itself(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
        }
    }

    fn root(&self) -> WorkflowExecution {
        let other = self.rest.as_ref().and_then(|rest| rest.root.clone());
        other.unwrap_or_else(|| self.itself())
    }

    fn memo(&self) -> Memo {
        let encoded = self.rest.as_ref().map_or(&[][..], |rest| &rest.memo);
        // It was encoded here.
        Memo::decode(encoded).unwrap_or_default()
    }

    fn search_attributes(&self) -> SearchAttributes {
        let rest = self.rest.as_ref();
        let encoded = rest.map_or(&[][..], |rest| &rest.search_attributes);
        // They were encoded here.
        SearchAttributes::decode(encoded).unwrap_or_default()
    }

    fn carried(&self, name: &str) -> Option<&Value> {
        let carried = &self.rest.as_ref()?.carried;
        let place = carried.binary_search_by(|(known, _)| (**known).cmp(name));
        Some(&carried[place.ok()?].1)
    }

    /// The division of system features that the row belongs to.
    pub(super) fn division(&self) -> Option<&str> {
        match self.carried(DIVISION) {
            Some(Value::Keyword(division)) => Some(division),
            _ => None,
        }
    }

    /// The value of a field; none stands for SQL's null.
    pub(super) fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
        let keyword = |text: &str| Some(Cow::Owned(Value::Keyword(text.to_owned())));
        let closed = |number: i64| self.close_time.map(|_| Cow::Owned(Value::Int(number)));
        let rest = self.rest.as_deref();
        let parent = rest.and_then(|rest| rest.parent.as_ref());
        let root = rest.and_then(|rest| rest.root.as_ref());
        match field {
            Field::WorkflowId => keyword(&self.workflow_id),
            Field::RunId => keyword(&self.run_id),
            Field::WorkflowType => keyword(&self.workflow_type),
            Field::TaskQueue => keyword(&self.task_queue),
            Field::ExecutionStatus => Some(Cow::Owned(Value::Int(i64::from(self.status as i32)))),
            Field::StartTime => time(self.start_time),
            Field::ExecutionTime => time(self.execution_time),
            Field::CloseTime => self.close_time.and_then(time),
            Field::HistoryLength => closed(self.history_length),
            Field::HistorySizeBytes => closed(self.history_size_bytes),
            Field::StateTransitionCount => closed(self.state_transition_count),
            Field::ExecutionDuration => self.duration_nanos().and_then(closed),
            Field::ParentWorkflowId => parent.and_then(|parent| keyword(&parent.workflow_id)),
            Field::ParentRunId => parent.and_then(|parent| keyword(&parent.run_id)),
            Field::RootWorkflowId => {
                keyword(root.map_or(&*self.workflow_id, |root| &root.workflow_id))
            }
            Field::RootRunId => keyword(root.map_or(&*self.run_id, |root| &root.run_id)),
            // Payloads are never kept elsewhere by this service.
            Field::ExternalPayloadCount | Field::ExternalPayloadSizeBytes => closed(0),
            Field::Carried(name) => self.carried(name).map(Cow::Borrowed),
        }
    }

    fn duration_nanos(&self) -> Option<i64> {
        Some(
            self.close_time?
                .as_nanos()
                .saturating_sub(self.execution_time.as_nanos())
                .max(0),
        )
    }

    /// The row as list responses show it.
    pub(super) fn info(&self) -> WorkflowExecutionInfo {
        let once_closed = |number: i64| self.close_time.map_or(0, |_| number);
        WorkflowExecutionInfo {
            execution: Some(self.itself()),
            r#type: Some(temporal_protos::common::WorkflowType {
                name: self.workflow_type.to_string(),
            }),
            start_time: Some(self.start_time.to_proto()),
            execution_time: Some(self.execution_time.to_proto()),
            close_time: self.close_time.map(Time::to_proto),
            execution_duration: self.duration_nanos().map(duration),
            status: self.status as i32,
            history_length: once_closed(self.history_length),
            history_size_bytes: once_closed(self.history_size_bytes),
            state_transition_count: once_closed(self.state_transition_count),
            parent_execution: self.rest.as_ref().and_then(|rest| rest.parent.clone()),
            root_execution: Some(self.root()),
            memo: Some(self.memo()),
            search_attributes: Some(self.search_attributes()),
            task_queue: self.task_queue.to_string(),
            ..WorkflowExecutionInfo::default()
        }
    }
}

impl Rest {
    fn is_nothing(&self) -> bool {
        let Self {
            parent,
            root,
            memo,
            search_attributes,
            // None without attributes.
            carried: _,
        } = self;
        parent.is_none() && root.is_none() && memo.is_empty() && search_attributes.is_empty()
    }
}

/// The attributes that a query may ask for, decoded; their names are in order.
fn carried(
    given: &SearchAttributes,
    attributes: &Attributes,
    names: &mut Names,
) -> Box<[(Arc<str>, Value)]> {
    let decoded = given.indexed_fields.iter().filter_map(|(name, payload)| {
        let value = decode(payload, attributes.carried(name)?).ok().flatten()?;
        Some((names.share(name), value))
    });
    decoded.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_small_and_has_no_room_for_what_it_has_not() {
        assert!(size_of::<Row>() <= 136, "{} bytes", size_of::<Row>());
        let seen = super::super::tests::row(
            1,
            WorkflowExecutionStatus::Completed,
            SearchAttributes::default(),
        );
        let mut names = Names::default();
        let [first, second] =
            [seen.clone(), seen].map(|seen| Row::new(seen, &Attributes::default(), &mut names));
        assert!(first.rest.is_none());
        assert!(Arc::ptr_eq(&first.workflow_type, &second.workflow_type));
    }
}
