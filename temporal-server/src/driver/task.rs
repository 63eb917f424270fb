//! What waits in a queue: a task by its run, never what the task is about.

use std::sync::Arc;

use super::entry::Entry;
use crate::engine::matching::Level;

/// A task on its way to a worker. Whether it is still wanted is for its run to say.
#[derive(Debug, Clone)]
pub(super) enum Task {
    Workflow {
        entry: Arc<Entry>,
        serial: u64,
        stamp: u64,
        sticky: bool,
        level: Level,
    },
    Activity {
        entry: Arc<Entry>,
        serial: u64,
        scheduled_event_id: i64,
        stamp: u64,
        level: Level,
    },
    Query {
        entry: Arc<Entry>,
        serial: u64,
        id: String,
        sticky: bool,
    },
}

impl Task {
    /// How important it is; queries are as what asks for nothing.
    pub(super) fn level(&self) -> Level {
        match self {
            Self::Workflow { level, .. } | Self::Activity { level, .. } => *level,
            Self::Query { .. } => Level::default(),
        }
    }
}
