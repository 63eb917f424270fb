//! The limits of a service, with the real service's defaults. Beyond each, a rule says what happens.

use std::time::Duration;

/// Bounds of everything that a client or worker can make grow.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of an id or a name.
    pub id_bytes: usize,
    /// Bytes of one blob of payloads, or of a memo.
    pub blob_bytes: usize,
    /// Events buffered while a workflow task is started.
    pub buffered_events: usize,
    /// Bytes of them.
    pub buffered_bytes: usize,
    /// Pending activities, children, signals and cancel requests of a run, each.
    pub pending: usize,
    /// Signals of a run.
    pub signals: u64,
    /// Updates in flight of a run.
    pub updates_in_flight: usize,
    /// Updates of a run.
    pub updates_total: usize,
    /// Queries that wait with a workflow task.
    pub buffered_queries: usize,
    /// Events from which continue-as-new is suggested.
    pub suggest_events: i64,
    /// Bytes from which continue-as-new is suggested.
    pub suggest_bytes: i64,
    /// Events of a run.
    pub history_events: i64,
    /// Bytes of a run's history.
    pub history_bytes: i64,
    /// Task timeout when none is given.
    pub default_task_timeout: Duration,
    /// Longest task timeout.
    pub max_task_timeout: Duration,
    /// The least time from the start of a run to the first task of its successor.
    pub min_run_interval: Duration,
    /// Closed runs kept of one workflow id, besides its newest.
    pub closed_runs_per_workflow: usize,
    /// Closed workflows kept in memory.
    pub closed_workflows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            id_bytes: 1000,
            blob_bytes: 2 << 20,
            buffered_events: 100,
            buffered_bytes: 2 << 20,
            pending: 2000,
            signals: 10_000,
            updates_in_flight: 10,
            updates_total: 2000,
            buffered_queries: 1,
            suggest_events: 4096,
            suggest_bytes: 4 << 20,
            history_events: 51_200,
            history_bytes: 50 << 20,
            default_task_timeout: Duration::from_secs(10),
            max_task_timeout: Duration::from_secs(120),
            min_run_interval: Duration::from_secs(1),
            closed_runs_per_workflow: 100,
            closed_workflows: 10_000,
        }
    }
}
