//! The runs that a worker keeps between their tasks. A slot has one owner at a time; the least recently used goes first.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

use crate::workflow::Run;

/// The place of one run: empty until it is replayed.
type Slot = Arc<tokio::sync::Mutex<Option<Run>>>;

/// The one owner of a run.
pub(super) type Owned = OwnedMutexGuard<Option<Run>>;

/// Keeps at most so many runs; none at all with 0.
#[derive(Debug)]
pub(super) struct RunCache {
    max: usize,
    runs: Mutex<Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    slots: HashMap<String, (Slot, u64)>,
    /// Run ids by their last use, oldest first.
    by_use: BTreeMap<u64, String>,
    clock: u64,
}

impl RunCache {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            runs: Mutex::default(),
        }
    }

    pub(super) const fn is_off(&self) -> bool {
        self.max == 0
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        // nothing panics while it is locked
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else owns the run.
    pub(super) async fn own(&self, run_id: &str) -> Owned {
        let slot = self.slot(run_id);
        slot.lock_owned().await
    }

    fn slot(&self, run_id: &str) -> Slot {
        if self.is_off() {
            return Slot::default();
        }
        // dropped after the lock: dropping a run drops user code's values
        let mut evicted = Vec::new();
        let mut runs = self.runs();
        runs.clock += 1;
        let now = runs.clock;
        let slot = match runs.slots.get_mut(run_id) {
            Some((slot, used)) => {
                let (slot, before) = (slot.clone(), std::mem::replace(used, now));
                runs.by_use.remove(&before);
                slot
            }
            None => {
                let slot = Slot::default();
                runs.slots.insert(run_id.to_owned(), (slot.clone(), now));
                slot
            }
        };
        runs.by_use.insert(now, run_id.to_owned());
        while runs.slots.len() > self.max {
            let Some((_, oldest)) = runs.by_use.pop_first() else {
                break;
            };
            evicted.extend(runs.slots.remove(&oldest));
        }
        drop(runs);
        slot
    }

    /// Forgets a run.
    pub(super) fn evict(&self, run_id: &str) {
        let evicted = {
            let mut runs = self.runs();
            let evicted = runs.slots.remove(run_id);
            if let Some((_, used)) = &evicted {
                runs.by_use.remove(used);
            }
            evicted
        };
        drop(evicted);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.runs().slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_least_recently_used_goes_first() {
        let cache = RunCache::new(2);
        for run in ["a", "b", "a", "c"] {
            drop(cache.own(run).await);
        }
        let mut left: Vec<String> = cache.runs().slots.keys().cloned().collect();
        left.sort();
        assert_eq!(left, ["a", "c"]);
        cache.evict("a");
        assert_eq!((cache.len(), cache.runs().by_use.len()), (1, 1));
    }

    #[tokio::test]
    async fn nothing_is_kept_with_a_size_of_zero() {
        let cache = RunCache::new(0);
        drop(cache.own("a").await);
        assert_eq!(cache.len(), 0);
    }

    #[tokio::test]
    async fn a_run_has_one_owner_at_a_time() {
        let cache = RunCache::new(1);
        let first = cache.own("a").await;
        assert!(cache.slot("a").try_lock().is_err());
        drop(first);
        assert!(cache.slot("a").try_lock().is_ok());
    }
}
