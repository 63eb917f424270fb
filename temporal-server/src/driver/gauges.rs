//! What there is to be seen of a service from outside, in numbers.

use super::{Driver, held};
use crate::engine::matching::TaskKind;

/// What there is at a moment, and what has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gauges {
    pub(crate) open_workflows: usize,
    /// What they take in memory, roughly.
    pub(crate) open_bytes: u64,
    /// Tasks that wait for a poll, and polls that wait for a task: of workflows, then of activities.
    pub(crate) waiting: [(TaskKind, usize, usize); 2],
    /// Commits, and the changes in them; none without a file.
    pub(crate) stored: Option<(u64, u64)>,
}

impl Driver {
    /// The numbers of this moment.
    pub(crate) fn gauges(&self) -> Gauges {
        let waiting = [TaskKind::Workflow, TaskKind::Activity].map(|kind| {
            let queues = self
                .queues
                .iter()
                .map(|queues| held(queues).waiting_for(kind));
            let (tasks, polls) =
                queues.fold((0, 0), |sum, (tasks, polls)| (sum.0 + tasks, sum.1 + polls));
            (kind, tasks, polls)
        });
        let open = {
            let open = held(&self.open_runs);
            (open.len(), open.bytes())
        };
        Gauges {
            open_workflows: open.0,
            open_bytes: open.1,
            waiting,
            stored: self.store.as_ref().map(|store| store.totals()),
        }
    }
}
