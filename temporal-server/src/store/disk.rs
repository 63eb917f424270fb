//! Where changes are written to. The store decides when; a disk decides how.

use std::path::Path;

use bytes::Bytes;
use temporal_protos::enums::{ResourceExhaustedCause, ResourceExhaustedScope};

use super::batch::{Batch, Progress, RunKey};
use crate::engine::execution::saved::Stored;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;

/// Writes groups of changes.
pub(crate) trait Disk: Send + std::fmt::Debug {
    /// Stores a group of changes whole, or nothing of it.
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError>;

    /// The end: what belongs to the disk is given back.
    fn close(&mut self);
}

/// Reads closed runs back.
pub(crate) trait Archive: Send + std::fmt::Debug {
    /// Everything that is stored of the run of this number.
    fn read(&mut self, number: u64) -> Result<Stored, DiskError>;

    /// The end: the file is given back.
    fn close(&mut self);
}

/// Why a commit or a read failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiskError {
    /// Whether there is no room.
    pub(crate) full: bool,
    /// What the disk says.
    pub(crate) text: String,
}

impl std::fmt::Display for DiskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl DiskError {
    /// What clients are told: nothing was stored yet, and why.
    pub(crate) fn refusal(&self, path: &Path) -> Refusal {
        let file = path.display();
        if self.full {
            return Refusal::ResourceExhausted {
                message: format!(
                    "no room for changes in {file} ({}): free some, and the service goes on by itself",
                    self.text
                ),
                cause: ResourceExhaustedCause::PersistenceStorageLimit,
                scope: ResourceExhaustedScope::System,
            };
        }
        Refusal::Unavailable(format!(
            "changes cannot be stored in {file} ({}): they are tried again until they are",
            self.text
        ))
    }
}

/// Everything that a file holds, but for the events and entries of closed runs.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// In the order of their numbers.
    pub(crate) runs: Vec<LoadedRun>,
    /// Messages to be delivered, in the order in which they were sent.
    pub(crate) messages: Vec<(u64, Bytes)>,
    /// Kind, key and body.
    pub(crate) records: Vec<(String, String, Bytes)>,
    pub(crate) progress: Option<Progress>,
}

/// A run of a file.
#[derive(Debug)]
pub(crate) struct LoadedRun {
    pub(crate) key: RunKey,
    pub(crate) closed: Option<Time>,
    pub(crate) stored: Stored,
}
