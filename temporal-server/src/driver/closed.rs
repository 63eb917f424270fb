//! Runs that have ended: how many of them stay in memory, and when they go for good. With a store those beyond the
//! bound are read back when somebody asks; without one the oldest are forgotten.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::entry::{Entry, Resident};
use super::{Driver, held};
use crate::engine::execution::Run;
use crate::engine::namespace::MIN_RETENTION;
use crate::engine::time::Time;

/// What a closed run takes besides its events, roughly.
const RUN_BYTES: u64 = 2048;

/// How often those are looked for whose time is over.
pub(super) const SWEEP: Duration = Duration::from_secs(60);

/// All closed runs.
#[derive(Debug, Default)]
pub(super) struct ClosedRuns {
    /// By the time of their end.
    by_end: BTreeMap<(Time, u64), Weak<Entry>>,
    /// Those that are in memory, in order of their end, with their bytes.
    here: VecDeque<(Time, u64, u64)>,
    bytes: u64,
}

impl ClosedRuns {
    /// A run that is only in the store.
    pub(super) fn add_away(&mut self, at: Time, serial: u64, entry: &Arc<Entry>) {
        self.by_end.insert((at, serial), Arc::downgrade(entry));
    }

    fn add(&mut self, at: Time, serial: u64, entry: &Arc<Entry>, bytes: u64) {
        self.add_away(at, serial, entry);
        self.here.push_back((at, serial, bytes));
        self.bytes += bytes;
    }

    /// The oldest that is in memory, if they are too many.
    fn oldest_beyond(&mut self, runs: usize, bytes: u64) -> Option<(Time, u64, Weak<Entry>)> {
        if self.here.len() <= runs && self.bytes <= bytes {
            return None;
        }
        let (at, serial, its_bytes) = self.here.pop_front()?;
        self.bytes -= its_bytes;
        let entry = self.by_end.get(&(at, serial)).cloned().unwrap_or_default();
        Some((at, serial, entry))
    }

    /// A run that could not go yet is the oldest again.
    fn put_back(&mut self, at: Time, serial: u64, bytes: u64) {
        self.here.push_front((at, serial, bytes));
        self.bytes += bytes;
    }
}

fn bytes_of(run: &Run) -> u64 {
    u64::try_from(run.history.bytes()).unwrap_or(0) + RUN_BYTES
}

impl Driver {
    /// A run has closed.
    pub(super) fn run_closed(&self, entry: &Arc<Entry>, serial: u64, run: &Run) {
        held(&self.open_runs).remove(&serial);
        let at = run.close_time.unwrap_or_else(|| self.now());
        held(&self.closed_runs).add(at, serial, entry, bytes_of(run));
    }

    /// How many closed runs may be in memory: with a store only their bytes count.
    fn closed_runs_kept(&self) -> usize {
        match self.store {
            Some(_) => usize::MAX,
            None => self.limits.closed_runs,
        }
    }

    /// Keeps the closed runs in memory within their bounds. Takes locks of workflows: never called with one held.
    pub(super) fn bound_closed_runs(&self) {
        let (runs, bytes) = (self.closed_runs_kept(), self.limits.closed_bytes);
        loop {
            let Some((at, serial, entry)) = held(&self.closed_runs).oldest_beyond(runs, bytes)
            else {
                return;
            };
            let Some(entry) = entry.upgrade() else {
                held(&self.closed_runs).by_end.remove(&(at, serial));
                continue;
            };
            if self.store.is_none() {
                held(&self.closed_runs).by_end.remove(&(at, serial));
                self.remove_run(&entry, serial);
            } else if let Some(bytes) = self.send_away(&entry, serial) {
                // It is on its way to the store; the next time it will be there.
                held(&self.closed_runs).put_back(at, serial, bytes);
                return;
            }
        }
    }

    /// Leaves a closed run to the store. Returns its bytes if the store does not have all of it yet.
    fn send_away(&self, entry: &Entry, serial: u64) -> Option<u64> {
        let store = self.store.as_ref()?;
        let mut chain = entry.lock();
        let place = chain.place_of(serial)?;
        let cell = &mut chain.cells[place];
        if matches!(cell.run, Resident::Away(_)) {
            return None;
        }
        if !store.is_settled(cell.kept_at) {
            return Some(bytes_of(&cell.run));
        }
        cell.send_away();
        None
    }

    /// Forgets the closed runs whose namespace keeps them no longer. The time outside counts, so that a test that
    /// skips weeks finds what it did.
    pub(super) fn drop_expired(&self) {
        let now = self.clock.real();
        let mut expired = Vec::new();
        for ((at, serial), entry) in &held(&self.closed_runs).by_end {
            if now < at.plus(MIN_RETENTION) {
                break;
            }
            let Some(entry) = entry.upgrade() else {
                expired.push((*at, *serial, None));
                continue;
            };
            if now >= at.plus(self.directory.retention(&entry.namespace.id)) {
                expired.push((*at, *serial, Some(entry)));
            }
        }
        for (at, serial, entry) in expired {
            held(&self.closed_runs).by_end.remove(&(at, serial));
            if let Some(entry) = entry {
                self.remove_run(&entry, serial);
            }
        }
    }
}
