//! What a run knows of itself. Read from its first event, so it is the same on replay.

use std::time::SystemTime;

/// What a run knows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowInfo {
    /// The namespace.
    pub namespace: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
    /// The first run of the chain that this run belongs to.
    pub first_run_id: String,
    /// The workflow type.
    pub workflow_type: String,
    /// The task queue.
    pub task_queue: String,
    /// The attempt of the run, from 1, if it has a retry policy.
    pub attempt: u32,
    /// When the run started.
    pub start_time: SystemTime,
    /// The workflow id and run id of the parent, if it is a child.
    pub parent: Option<(String, String)>,
}
