//! What is stored of a run, so that it can be made again as it was: its events as they are written, what never
//! changes once, the entries of its maps when they change, and the rest as one small record. Pure: bytes come out
//! and go in, and a store keeps them.
//!
//! Every field of a run is named in here without `..`, so that a new one cannot be forgotten. Only queries are not
//! stored: who asked them is gone after a restart.

mod activity;
mod birth;
mod core;
mod events;
mod message;
mod packed;
mod parts;
mod pending;
mod restore;
mod row;
mod time_skipping;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::{Memo, SearchAttributes};
use temporal_protos::history::HistoryEvent;

pub(crate) use events::{decode_events, encode_events};
pub(crate) use packed::Packed;
pub(crate) use pending::Pending;
pub(crate) use restore::{Stored, StoredEvents};
pub(crate) use row::StoredRow;

use super::Run;
use crate::engine::checksum::checksum;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

/// Something stored that cannot be what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damaged(pub(crate) String);

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<prost::DecodeError> for Damaged {
    fn from(error: prost::DecodeError) -> Self {
        Self(error.to_string())
    }
}

/// What kind of entry a part is. The numbers are in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartKind {
    Activity = 1,
    Timer = 2,
    Child = 3,
    Signal = 4,
    Cancel = 5,
    Update = 6,
    RequestId = 7,
    /// An event that waits for its id, by its place.
    Buffered = 8,
    /// Memo and search attributes.
    Properties = 9,
}

impl PartKind {
    const ALL: [Self; 9] = [
        Self::Activity,
        Self::Timer,
        Self::Child,
        Self::Signal,
        Self::Cancel,
        Self::Update,
        Self::RequestId,
        Self::Buffered,
        Self::Properties,
    ];

    /// The kind of this number.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }
}

/// Names a part within its run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartKey {
    pub(crate) kind: PartKind,
    pub(crate) key: Vec<u8>,
}

/// How much of a run has been handed to the store.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    /// Whether the run is known there.
    born: bool,
    /// The last event.
    last_event_id: i64,
    /// Events in the buffer.
    buffered: usize,
    /// The checksum of the record.
    core: u64,
    properties: Option<(Arc<Memo>, Arc<SearchAttributes>)>,
}

/// What has changed of a run.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// What never changes; only the first time.
    pub(crate) birth: Option<Bytes>,
    pub(crate) core: Bytes,
    /// Requests so far.
    pub(crate) transitions: i64,
    /// When the run closed.
    pub(crate) closed: Option<Time>,
    /// Events that are new.
    pub(crate) events: Vec<Arc<HistoryEvent>>,
    /// Those of them that begin a batch.
    pub(crate) batches: Vec<i64>,
    /// Entries that are new, changed, or gone.
    pub(crate) parts: Vec<(PartKey, Option<Bytes>)>,
}

impl Run {
    /// From now on the run remembers what has changed of it.
    pub(crate) fn track(&mut self) -> Mark {
        self.activities.track();
        self.timers.track();
        self.children.track();
        self.signals.track();
        self.cancels.track();
        self.updates.known.track();
        self.request_ids.track();
        Mark::default()
    }

    /// What has changed since `mark`, which is moved here; nothing if a request was refused.
    pub(crate) fn changes(&mut self, mark: &mut Mark) -> Option<Change> {
        let core: Bytes = self.save_core().encode_to_vec().into();
        let sum = checksum(&[&core]);
        let parts = self.save_parts(mark);
        if mark.born && sum == mark.core && parts.is_empty() {
            return None;
        }
        let first = mark.last_event_id + 1;
        let change = Change {
            birth: (!mark.born).then(|| self.save_birth().encode_to_vec().into()),
            core,
            transitions: self.transitions,
            closed: self.close_time,
            events: self.history.since(first).to_vec(),
            batches: self.history.batches_from(first).to_vec(),
            parts,
        };
        mark.born = true;
        mark.core = sum;
        mark.last_event_id = self.history.last_event_id();
        Some(change)
    }
}

/// A namespace as runs know it.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedNamespace {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) name: String,
}

impl SavedNamespace {
    fn of(namespace: &Namespace) -> Self {
        Self {
            id: namespace.id.clone(),
            name: namespace.name.clone(),
        }
    }

    /// The same namespace; `own` is shared if it is that one.
    fn restore(self, own: &Arc<Namespace>) -> Arc<Namespace> {
        if own.id == self.id && own.name == self.name {
            return own.clone();
        }
        Arc::new(Namespace {
            id: self.id,
            name: self.name,
        })
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn enumerated<E: TryFrom<i32>>(number: i32, what: &str) -> Result<E, Damaged> {
    E::try_from(number).map_err(|_| Damaged(format!("{number} is no {what}")))
}
