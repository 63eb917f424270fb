//! Limits of task queues, in the store: each is one record.

use bytes::Bytes;

use super::entry::Chain;
use super::{Driver, held};
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
        self.set_limit(namespace, queue, change, |limit| {
            let record = name(&namespace.id, queue);
            let mut unit = Chain::default();
            self.keep_record(&mut unit, RECORD, &record, || {
                Some(limit.save(&namespace.id, queue))
            });
            unit
        })
    }

    /// Sets a limit that is `kept` under the queue's lock, so that limits are stored in the order in which they are set.
    fn set_limit(
        &self,
        namespace: &Namespace,
        queue: &str,
        change: LimitConfig,
        kept: impl FnOnce(&LimitConfig) -> Chain,
    ) -> LimitConfig {
        let key = Self::queue_key(namespace, queue, TaskKind::Activity);
        let mut queues = self.queues(&key);
        let _unit = kept(&change);
        let set = queues.matching.configure(key.clone(), change);
        queues.settle(&key, self.clock.real());
        set
    }

    /// The namespace is gone, and the limits of its queues with it.
    pub(super) fn forget_limits(&self, namespace: &Namespace) {
        for queues in &self.queues {
            let mut queues = held(queues);
            let mut unit = Chain::default();
            for queue in queues.matching.forget_limits(&namespace.id) {
                let record = name(&namespace.id, &queue);
                self.keep_record(&mut unit, RECORD, &record, || None);
            }
        }
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
                Some(namespace) => {
                    self.set_limit(&namespace, &stored.queue, stored.limit, |_| {
                        Chain::default()
                    });
                }
                // The namespace was deleted, and the end came before its limits were.
                None => self.keep_record(&mut Chain::default(), RECORD, record, || None),
            }
        }
        Ok(())
    }
}
