//! Workers as such: their heartbeats, and what their end means for their polls.

use std::collections::VecDeque;

use temporal_protos::worker::WorkerHeartbeat;

use super::{Driver, held};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::workers::{Page, Search, Workers};

/// Workers whose end is remembered, so that a poll which comes late is ended as well.
const ENDED: usize = 1000;

/// What is known of workers.
#[derive(Debug, Default)]
pub(super) struct Known {
    workers: Workers,
    /// Instances that have gone, the last one last.
    ended: VecDeque<String>,
}

impl Driver {
    /// RecordWorkerHeartbeat.
    pub(crate) fn hear_workers(&self, namespace: &Namespace, heartbeats: Vec<WorkerHeartbeat>) {
        let now = self.clock.real();
        let mut known = held(&self.workers);
        for heartbeat in heartbeats {
            known.workers.hear(&namespace.id, heartbeat, now);
        }
    }

    /// A worker leaves: its polls end.
    pub(crate) fn end_worker(&self, instance: &str) {
        if instance.is_empty() {
            return;
        }
        {
            let mut known = held(&self.workers);
            if known.ended.len() >= ENDED {
                known.ended.pop_front();
            }
            known.ended.push_back(instance.to_owned());
        }
        self.end_polls_of(instance);
    }

    /// Whether a worker has said that it leaves.
    pub(super) fn has_ended(&self, instance: &str) -> bool {
        !instance.is_empty()
            && held(&self.workers)
                .ended
                .iter()
                .any(|ended| ended == instance)
    }

    /// DescribeWorker.
    pub(crate) fn describe_worker(
        &self,
        namespace: &Namespace,
        instance: &str,
    ) -> Result<WorkerHeartbeat, Refusal> {
        let now = self.clock.real();
        held(&self.workers)
            .workers
            .describe(&namespace.id, instance, now)
    }

    /// ListWorkers: a page, and where the next one begins.
    pub(crate) fn list_workers(
        &self,
        namespace: &Namespace,
        search: Search<'_>,
        page: Page<'_>,
    ) -> Result<(Vec<WorkerHeartbeat>, Option<String>), Refusal> {
        let now = self.clock.real();
        held(&self.workers)
            .workers
            .list(&namespace.id, search, page, now)
    }

    /// CountWorkers.
    pub(crate) fn count_workers(
        &self,
        namespace: &Namespace,
        search: Search<'_>,
    ) -> Result<usize, Refusal> {
        let now = self.clock.real();
        held(&self.workers)
            .workers
            .count(&namespace.id, search, now)
    }
}
