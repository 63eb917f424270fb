//! What one change consists of.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::execution::saved::Change;
use crate::engine::time::Time;

/// Names a run in the store and outside.
#[derive(Debug, Clone)]
pub(crate) struct RunKey {
    /// Its number in the service: never given to another run of the same file.
    pub(crate) number: u64,
    pub(crate) namespace_id: String,
    pub(crate) workflow_id: Arc<str>,
    pub(crate) run_id: Arc<str>,
}

/// Where the service itself stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The virtual time.
    pub(crate) time: Time,
    /// The last number that was given out.
    pub(crate) serial: u64,
    /// Where the generator of ids stands, if ids follow from a number.
    pub(crate) ids: Option<u64>,
}

impl Progress {
    /// The same, but nowhere behind another: a number that was given out is never given out again.
    pub(crate) fn at_least(self, other: Self) -> Self {
        Self {
            time: self.time.max(other.time),
            serial: self.serial.max(other.serial),
            ids: self.ids,
        }
    }
}

/// A change: stored whole or not at all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    pub(crate) runs: Vec<(RunKey, Change)>,
    /// What lists show of closed runs: their numbers, workflow ids and rows.
    pub(crate) rows: Vec<(u64, Arc<str>, Bytes)>,
    /// Runs that are gone.
    pub(crate) removed: Vec<u64>,
    /// Messages to other workflows, to be delivered.
    pub(crate) sent: Vec<(u64, Bytes)>,
    /// Messages that were.
    pub(crate) delivered: Vec<u64>,
    /// Things that are neither runs nor messages: a kind, a key, and what it is now, if it still is.
    pub(crate) records: Vec<(&'static str, String, Option<Bytes>)>,
    pub(crate) progress: Option<Progress>,
}

impl Batch {
    /// Stores a thing under its kind and key.
    pub(crate) fn put(&mut self, kind: &'static str, key: &str, body: Bytes) {
        self.records.push((kind, key.to_owned(), Some(body)));
    }

    /// Removes a thing.
    pub(crate) fn remove(&mut self, kind: &'static str, key: &str) {
        self.records.push((kind, key.to_owned(), None));
    }
}
