//! What lists show of a closed run, as it is stored beside it: so a service that begins again need not decode what the
//! run was started with and how it stood.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::{Memo, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus;

use super::{Damaged, enumerated};
use crate::engine::effect::VisibilityRow;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
struct SavedRow {
    #[prost(string, tag = "1")]
    namespace_id: String,
    #[prost(string, tag = "2")]
    workflow_id: String,
    #[prost(string, tag = "3")]
    run_id: String,
    #[prost(string, tag = "4")]
    workflow_type: String,
    #[prost(string, tag = "5")]
    task_queue: String,
    #[prost(int32, tag = "6")]
    status: i32,
    #[prost(int64, tag = "7")]
    start_time: i64,
    #[prost(int64, tag = "8")]
    execution_time: i64,
    #[prost(int64, optional, tag = "9")]
    close_time: Option<i64>,
    #[prost(int64, tag = "10")]
    history_length: i64,
    #[prost(int64, tag = "11")]
    history_size_bytes: i64,
    #[prost(int64, tag = "12")]
    state_transition_count: i64,
    #[prost(message, optional, tag = "13")]
    parent: Option<WorkflowExecution>,
    /// Unless it is the run itself.
    #[prost(message, optional, tag = "14")]
    root: Option<WorkflowExecution>,
    // 15 was the id of the first run.
    #[prost(message, optional, tag = "16")]
    memo: Option<Memo>,
    #[prost(message, optional, tag = "17")]
    search_attributes: Option<SearchAttributes>,
}

/// The row of a closed run, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredRow {
    saved: SavedRow,
    status: WorkflowExecutionStatus,
    close_time: Time,
}

impl VisibilityRow {
    /// As it is stored.
    pub(crate) fn save(self) -> Bytes {
        let itself = self.itself();
        let Self {
            namespace,
            workflow_id,
            run_id,
            workflow_type,
            task_queue,
            status,
            start_time,
            execution_time,
            close_time,
            history_length,
            history_size_bytes,
            state_transition_count,
            parent,
            root,
            memo,
            search_attributes,
        } = self;
        let saved = SavedRow {
            namespace_id: namespace.id.clone(),
            workflow_id: workflow_id.to_string(),
            workflow_type,
            task_queue,
            status: status.into(),
            start_time: start_time.as_nanos(),
            execution_time: execution_time.as_nanos(),
            close_time: close_time.map(Time::as_nanos),
            history_length,
            history_size_bytes,
            state_transition_count,
            parent,
            root: (root != itself).then_some(root),
            run_id: run_id.to_string(),
            memo: (!memo.fields.is_empty()).then_some(memo),
            search_attributes: (!search_attributes.indexed_fields.is_empty())
                .then_some(search_attributes),
        };
        saved.encode_to_vec().into()
    }

    fn itself(&self) -> WorkflowExecution {
        WorkflowExecution {
            workflow_id: self.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
        }
    }
}

impl StoredRow {
    /// Reads a row.
    pub(crate) fn read(stored: Bytes) -> Result<Self, Damaged> {
        let saved = SavedRow::decode(stored)?;
        let status = enumerated(saved.status, "status of a workflow")?;
        let close_time = saved.close_time.map(Time::from_nanos);
        Ok(Self {
            status,
            close_time: close_time.ok_or_else(|| Damaged("it has not closed".into()))?,
            saved,
        })
    }

    /// The namespace of the run.
    pub(crate) fn namespace_id(&self) -> &str {
        &self.saved.namespace_id
    }

    /// The id of the workflow.
    pub(crate) fn workflow_id(&self) -> &str {
        &self.saved.workflow_id
    }

    /// The row as it was, in its namespace.
    pub(crate) fn restore(self, namespace: Arc<Namespace>, workflow_id: Arc<str>) -> VisibilityRow {
        let Self {
            saved,
            status,
            close_time,
        } = self;
        let itself = WorkflowExecution {
            workflow_id: saved.workflow_id,
            run_id: saved.run_id,
        };
        VisibilityRow {
            namespace,
            workflow_id,
            run_id: itself.run_id.as_str().into(),
            workflow_type: saved.workflow_type,
            task_queue: saved.task_queue,
            status,
            start_time: Time::from_nanos(saved.start_time),
            execution_time: Time::from_nanos(saved.execution_time),
            close_time: Some(close_time),
            history_length: saved.history_length,
            history_size_bytes: saved.history_size_bytes,
            state_transition_count: saved.state_transition_count,
            parent: saved.parent,
            root: saved.root.unwrap_or(itself),
            memo: saved.memo.unwrap_or_default(),
            search_attributes: saved.search_attributes.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> VisibilityRow {
        let itself = WorkflowExecution {
            workflow_id: "w".into(),
            run_id: "r".into(),
        };
        VisibilityRow {
            namespace: Arc::new(Namespace {
                id: "id".into(),
                name: "default".into(),
            }),
            workflow_id: "w".into(),
            run_id: "r".into(),
            workflow_type: "probe".into(),
            task_queue: "q".into(),
            status: WorkflowExecutionStatus::Failed,
            start_time: Time::from_nanos(1),
            execution_time: Time::from_nanos(2),
            close_time: Some(Time::from_nanos(3)),
            history_length: 4,
            history_size_bytes: 5,
            state_transition_count: 6,
            parent: None,
            root: itself,
            memo: Memo::default(),
            search_attributes: SearchAttributes::default(),
        }
    }

    #[test]
    fn a_row_is_what_it_was() {
        let other = WorkflowExecution {
            workflow_id: "other".into(),
            run_id: "another".into(),
        };
        let rows = [
            row(),
            VisibilityRow {
                parent: Some(other.clone()),
                root: other,
                memo: Memo {
                    fields: [("m".to_owned(), Default::default())].into(),
                },
                search_attributes: SearchAttributes {
                    indexed_fields: [("s".to_owned(), Default::default())].into(),
                },
                ..row()
            },
        ];
        for row in rows {
            let stored = StoredRow::read(row.clone().save()).unwrap();
            assert_eq!((stored.namespace_id(), stored.workflow_id()), ("id", "w"));
            let restored = stored.restore(row.namespace.clone(), row.workflow_id.clone());
            assert_eq!(restored, row);
        }
    }

    #[test]
    fn what_cannot_have_been_written_is_refused() {
        let open = VisibilityRow {
            close_time: None,
            ..row()
        };
        assert!(StoredRow::read(open.save()).is_err());
        let saved = SavedRow {
            status: 99,
            close_time: Some(1),
            ..SavedRow::default()
        };
        let damaged = StoredRow::read(saved.encode_to_vec().into()).unwrap_err();
        assert_eq!(damaged.0, "99 is no status of a workflow");
        assert!(StoredRow::read(Bytes::from_static(b"\x0a\x09")).is_err());
    }
}
