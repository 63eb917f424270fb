//! Limits of task queues, in the store: each is one record.

use bytes::Bytes;

use super::Driver;
use super::entry::Chain;
use crate::engine::execution::saved::Damaged;
use crate::engine::matching::{LimitConfig, StoredLimit, TaskKind};
use crate::engine::surroundings::Namespace;

/// What limits are in the store.
const RECORD: &str = "queue limit";

/// Namespace ids are UUIDs, so the first slash ends them. Only queues of activities have limits.
fn name(namespace_id: &str, queue: &str) -> String {
    format!("{namespace_id}/{queue}")
}

impl Driver {
    /// Limits a queue of activities, or frees it. Returns what is set.
    pub(crate) fn limit_queue(
        &self,
        namespace: &Namespace,
        queue: &str,
        change: LimitConfig,
    ) -> LimitConfig {
        let record = name(&namespace.id, queue);
        let mut unit = Chain::default();
        self.keep_record(&mut unit, RECORD, &record, || {
            Some(change.save(&namespace.id, queue))
        });
        self.set_limit(namespace, queue, change)
    }

    fn set_limit(&self, namespace: &Namespace, queue: &str, change: LimitConfig) -> LimitConfig {
        let key = Self::queue_key(namespace, queue, TaskKind::Activity);
        let mut queues = self.queues(&key);
        let set = queues.matching.configure(key.clone(), change);
        queues.settle(&key, self.clock.real());
        set
    }

    /// Goes on with the limits that were stored.
    pub(super) fn restore_limits(
        &self,
        records: &[(String, String, Bytes)],
    ) -> Result<(), Damaged> {
        let records = records.iter().filter(|(kind, ..)| kind == RECORD);
        for (_, record, body) in records {
            let stored = StoredLimit::read(body.clone())?;
            match self.directory.by_id(&stored.namespace_id) {
                Some(namespace) => drop(self.set_limit(&namespace, &stored.queue, stored.limit)),
                // The namespace was deleted, and the end came before its limits were.
                None => self.keep_record(&mut Chain::default(), RECORD, record, || None),
            }
        }
        Ok(())
    }
}
