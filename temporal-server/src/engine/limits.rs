//! The limits of a service, with the real service's defaults. Beyond each, a rule says what happens.

use std::time::Duration;

use super::visibility::AttributeLimits;

/// Bounds of everything that a client or worker can make grow.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of an id or a name.
    pub(crate) id_bytes: usize,
    /// Bytes of one blob of payloads.
    pub(crate) blob_bytes: usize,
    /// What one set of search attributes may have.
    pub(crate) attributes: AttributeLimits,
    /// Bytes of a memo.
    pub(crate) memo_bytes: usize,
    /// Events buffered while a workflow task is started.
    pub(crate) buffered_events: usize,
    /// Bytes of them.
    pub(crate) buffered_bytes: usize,
    /// Pending activities of a run.
    pub(crate) pending_activities: usize,
    /// Pending children of a run.
    pub(crate) pending_children: usize,
    /// Signals of a run that are on their way to other workflows.
    pub(crate) pending_signals: usize,
    /// Cancel requests of a run that are on their way to other workflows.
    pub(crate) pending_cancels: usize,
    /// Signals of a run.
    pub(crate) signals: u64,
    /// Updates in flight of a run.
    pub(crate) updates_in_flight: usize,
    /// Updates of a run.
    pub(crate) updates_total: usize,
    /// Queries that wait with a workflow task.
    pub(crate) buffered_queries: usize,
    /// Events from which continue-as-new is suggested.
    pub(crate) suggest_events: i64,
    /// Bytes from which continue-as-new is suggested.
    pub(crate) suggest_bytes: i64,
    /// Events of a run.
    pub(crate) history_events: i64,
    /// Bytes of a run's history.
    pub(crate) history_bytes: i64,
    /// Bytes of a run's state beside its history.
    pub(crate) state_bytes: usize,
    /// Task timeout when none is given.
    pub(crate) default_task_timeout: Duration,
    /// Longest task timeout.
    pub(crate) max_task_timeout: Duration,
    /// The least time from the start of a run to the first task of its successor.
    pub(crate) min_run_interval: Duration,
    /// Whether single workflows may skip time.
    pub(crate) skips_time_of_workflows: bool,
    /// How often they may at most, where nobody says so.
    pub(crate) skips_per_session: i32,
    /// Closed runs kept in memory, in all namespaces; beyond it the oldest are forgotten, whatever the retention says.
    pub(crate) closed_runs: usize,
    /// Those that were closed last, which are in memory as they were; the others are packed.
    pub(crate) unpacked_runs: usize,
    /// Bytes of them and of their rows, roughly; beyond it they are left to the store, if there is one.
    pub(crate) closed_bytes: u64,
    /// Bytes of all open runs, roughly; beyond it clients start no others.
    pub(crate) open_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            id_bytes: 1000,
            blob_bytes: 2 << 20,
            memo_bytes: 2 << 20,
            attributes: AttributeLimits::default(),
            buffered_events: 100,
            buffered_bytes: 2 << 20,
            pending_activities: 2000,
            pending_children: 2000,
            pending_signals: 2000,
            pending_cancels: 2000,
            signals: 10_000,
            updates_in_flight: 10,
            updates_total: 2000,
            buffered_queries: 1,
            suggest_events: 4096,
            suggest_bytes: 4 << 20,
            history_events: 51_200,
            history_bytes: 50 << 20,
            state_bytes: 8 << 20,
            default_task_timeout: Duration::from_secs(10),
            max_task_timeout: Duration::from_secs(120),
            min_run_interval: Duration::from_secs(1),
            skips_time_of_workflows: false,
            skips_per_session: 200,
            closed_runs: 10_000,
            unpacked_runs: 64,
            closed_bytes: 256 << 20,
            open_bytes: 4 << 30,
        }
    }
}
