//! What must happen outside a run after a request to it was applied. Says what, never does it.
use super::surroundings::Namespace;
use super::time::Time;
use std::sync::Arc;
use temporal_protos::common::{Memo, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus;

/// What visibility shows of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct VisibilityRow {
    /// The namespace.
    pub namespace: Arc<Namespace>,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
    /// The name of the workflow type.
    pub workflow_type: String,
    /// The task queue.
    pub task_queue: String,
    /// Running, or how it ended.
    pub status: WorkflowExecutionStatus,
    /// When the run was started.
    pub start_time: Time,
    /// When its first task could go: later than the start after a delay or a back-off.
    pub execution_time: Time,
    /// When it ended.
    pub close_time: Option<Time>,
    /// Events so far; meaningful once closed.
    pub history_length: i64,
    /// Bytes so far; meaningful once closed.
    pub history_size_bytes: i64,
    /// Changes of state so far.
    pub state_transition_count: i64,
    /// The parent, if it has one.
    pub parent: Option<WorkflowExecution>,
    /// The root of its tree of children: itself for most.
    pub root: WorkflowExecution,
    /// The first run of its chain.
    pub first_run_id: String,
    /// The memo.
    pub memo: Memo,
    /// The search attributes, with types in the metadata.
    pub search_attributes: SearchAttributes,
}
