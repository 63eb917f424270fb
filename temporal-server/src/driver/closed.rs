//! Runs that have ended: how much of them stays in memory, and when they go for good. All that is kept of them counts
//! against one bound of bytes: their events, and the rows that lists show. Beyond it, with a store, the events of the
//! oldest are left to it, and are read back when somebody asks; without one, or if the rows alone are too many, the
//! oldest are forgotten, whatever the retention says. All but the last few in memory are packed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use prost::Message as _;
use temporal_protos::common::{Memo, SearchAttributes};

use super::entry::{Entry, Resident};
use super::{Driver, held};
use crate::engine::effect::VisibilityRow;
use crate::engine::execution::Run;
use crate::engine::namespace::MIN_RETENTION;
use crate::engine::time::Time;

/// What a packed run takes besides its bytes, roughly.
const PACKED_BYTES: u64 = 192;

/// What is kept of each closed run even if it is only in the store, besides its id, as measured: its row, and its
/// places.
const ROW_BYTES: u64 = 752;

/// What it takes more if its row has what most have not.
const REST_BYTES: u64 = 256;

/// How often those are looked for whose time is over.
pub(super) const SWEEP: Duration = Duration::from_secs(60);

/// When a run ended, and its number.
type Place = (Time, u64);

/// All closed runs.
#[derive(Debug, Default)]
pub(super) struct ClosedRuns {
    by_end: BTreeMap<Place, Closed>,
    /// Those that are in memory.
    here: BTreeSet<Place>,
    /// Those of them that were not packed yet, in the order in which they were closed.
    unpacked: VecDeque<Place>,
    /// Of everything that is kept.
    bytes: u64,
}

#[derive(Debug)]
struct Closed {
    entry: Weak<Entry>,
    row_bytes: u64,
    /// Of the run, while it is in memory.
    run_bytes: u64,
}

impl ClosedRuns {
    /// A run that is only in the store.
    pub(super) fn add_away(&mut self, place: Place, entry: &Arc<Entry>, row: &VisibilityRow) {
        let row_bytes = bytes_of_row(&row.workflow_id, &row.memo, &row.search_attributes);
        self.insert(place, entry, row_bytes, 0);
    }

    /// A run that lists do not show, because it is damaged in the store.
    pub(super) fn add_damaged(&mut self, place: Place, entry: &Arc<Entry>) {
        self.insert(place, entry, ROW_BYTES, 0);
    }

    fn add(&mut self, place: Place, entry: &Arc<Entry>, run: &Run) {
        let row_bytes = bytes_of_row(&run.workflow_id, &run.memo, &run.search_attributes);
        self.insert(place, entry, row_bytes, run.memory_bytes(run.state_bytes()));
        self.here.insert(place);
        self.unpacked.push_back(place);
    }

    /// The first that is to be packed, if there are more than so many.
    fn next_to_pack(&mut self, unpacked: usize) -> Option<(Place, Weak<Entry>)> {
        if self.unpacked.len() <= unpacked {
            return None;
        }
        let place = self.unpacked.pop_front()?;
        let entry = self.by_end.get(&place).map(|closed| closed.entry.clone());
        Some((place, entry.unwrap_or_default()))
    }

    /// The run takes only so many bytes from now on.
    fn packed(&mut self, place: Place, bytes: u64) {
        if let Some(closed) = self
            .by_end
            .get_mut(&place)
            .filter(|_| self.here.contains(&place))
        {
            self.bytes = self.bytes - closed.run_bytes + bytes;
            closed.run_bytes = bytes;
        }
    }

    fn insert(&mut self, place: Place, entry: &Arc<Entry>, row_bytes: u64, run_bytes: u64) {
        self.bytes += row_bytes + run_bytes;
        let entry = Arc::downgrade(entry);
        let closed = Closed {
            entry,
            row_bytes,
            run_bytes,
        };
        self.by_end.insert(place, closed);
    }

    /// The run is only in the store from now on.
    fn left(&mut self, place: Place) {
        self.here.remove(&place);
        if let Some(closed) = self.by_end.get_mut(&place) {
            self.bytes -= std::mem::take(&mut closed.run_bytes);
        }
    }

    /// The run is gone.
    pub(super) fn forget(&mut self, place: Place) {
        self.left(place);
        if let Some(closed) = self.by_end.remove(&place) {
            self.bytes -= closed.row_bytes;
        }
    }

    /// The run of this number is gone; when it ended cannot be read.
    pub(super) fn forget_number(&mut self, number: u64) {
        let mut places = self.by_end.keys();
        if let Some(place) = places.find(|place| place.1 == number).copied() {
            self.forget(place);
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Forgets those whose workflow is gone.
    pub(super) fn forget_lost(&mut self) {
        let lost = self.by_end.iter();
        let lost = lost.filter(|(_, closed)| closed.entry.strong_count() == 0);
        for place in lost.map(|(place, _)| *place).collect::<Vec<_>>() {
            self.forget(place);
        }
    }

    /// The oldest that is in memory, if there is too much.
    fn oldest_here(&self, runs: usize, bytes: u64) -> Option<(Place, Weak<Entry>)> {
        if self.here.len() <= runs && self.bytes <= bytes {
            return None;
        }
        let place = self.here.first()?;
        let entry = self.by_end.get(place).map(|closed| closed.entry.clone());
        Some((*place, entry.unwrap_or_default()))
    }

    /// The oldest of all, if there is too much although none is in memory.
    fn oldest(&self, bytes: u64) -> Option<(Place, Weak<Entry>)> {
        if self.bytes <= bytes || !self.here.is_empty() {
            return None;
        }
        let (place, closed) = self.by_end.first_key_value()?;
        Some((*place, closed.entry.clone()))
    }
}

/// Of the row of a run. Its type and its queue are shared with others.
fn bytes_of_row(workflow_id: &str, memo: &Memo, attributes: &SearchAttributes) -> u64 {
    // Attributes are there as they came, and decoded.
    let carried = memo.encoded_len() + 2 * attributes.encoded_len();
    let rest = if carried == 0 { 0 } else { REST_BYTES };
    u64::try_from(workflow_id.len() + carried).unwrap_or(0) + ROW_BYTES + rest
}

impl Driver {
    /// A run has closed.
    pub(super) fn run_closed(&self, entry: &Arc<Entry>, serial: u64, run: &Run) {
        held(&self.open_runs).remove(serial);
        let at = run.close_time.unwrap_or_else(|| self.now());
        held(&self.closed_runs).add((at, serial), entry, run);
    }

    /// How many closed runs may be in memory: with a store only their bytes count.
    fn closed_runs_kept(&self) -> usize {
        match self.store {
            Some(_) => usize::MAX,
            None => self.limits.closed_runs,
        }
    }

    /// Keeps the closed runs within their bounds. Takes locks of workflows: never called with one held.
    pub(super) fn bound_closed_runs(&self) {
        self.pack_closed_runs();
        let (runs, bytes) = (self.closed_runs_kept(), self.limits.closed_bytes);
        loop {
            let Some((place, entry)) = held(&self.closed_runs).oldest_here(runs, bytes) else {
                break;
            };
            match entry.upgrade() {
                Some(entry) if self.store.is_some() => {
                    if !self.send_away(&entry, place.1) {
                        // It is on its way to the store; the next time it will be there.
                        return;
                    }
                    held(&self.closed_runs).left(place);
                }
                entry => self.forget_closed(place, entry.as_ref()),
            }
        }
        // The oldest may not have been read yet.
        while self.loading.is_over() {
            let Some((place, entry)) = held(&self.closed_runs).oldest(bytes) else {
                return;
            };
            self.forget_closed(place, entry.upgrade().as_ref());
        }
    }

    /// Packs all but the last few, which clients are still about to ask for their results.
    fn pack_closed_runs(&self) {
        loop {
            let next = held(&self.closed_runs).next_to_pack(self.limits.unpacked_runs);
            let Some((place, entry)) = next else { return };
            let Some(entry) = entry.upgrade() else {
                continue;
            };
            let mut chain = entry.lock();
            let Some(at) = chain.place_of(place.1) else {
                continue;
            };
            chain.cells[at].pack();
            let Resident::Packed(packed) = &chain.cells[at].run else {
                continue;
            };
            let bytes = u64::try_from(packed.bytes()).unwrap_or(u64::MAX / 2) + PACKED_BYTES;
            drop(chain);
            held(&self.closed_runs).packed(place, bytes);
        }
    }

    fn forget_closed(&self, place: Place, entry: Option<&Arc<Entry>>) {
        held(&self.closed_runs).forget(place);
        if let Some(entry) = entry {
            self.remove_run(entry, place.1);
        }
    }

    /// Leaves a closed run to the store. Says whether the store has all of it.
    fn send_away(&self, entry: &Entry, serial: u64) -> bool {
        let Some(store) = &self.store else {
            return false;
        };
        let mut chain = entry.lock();
        let Some(place) = chain.place_of(serial) else {
            return true;
        };
        let cell = &mut chain.cells[place];
        if matches!(cell.run, Resident::Away(_)) {
            return true;
        }
        let is_there = store.is_settled(cell.kept_at);
        if is_there {
            cell.send_away();
        }
        is_there
    }

    /// Forgets the closed runs whose namespace keeps them no longer. The time outside counts, so that a test that
    /// skips weeks finds what it did.
    pub(super) fn drop_expired(&self) {
        let now = self.clock.real();
        let mut expired = Vec::new();
        for (place, closed) in &held(&self.closed_runs).by_end {
            if now < place.0.plus(MIN_RETENTION) {
                break;
            }
            let entry = closed.entry.upgrade();
            let retention = |entry: &Arc<Entry>| self.directory.retention(&entry.namespace.id);
            let kept = entry.as_ref().map_or(Duration::ZERO, retention);
            if now >= place.0.plus(kept) {
                expired.push((*place, entry));
            }
        }
        for (place, entry) in expired {
            self.forget_closed(place, entry.as_ref());
        }
    }
}
