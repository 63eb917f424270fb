//! Where changes are written to. The store decides when; a disk decides how.

use std::path::Path;

use bytes::Bytes;
use temporal_protos::enums::{ResourceExhaustedCause, ResourceExhaustedScope};

use super::batch::{Batch, Progress, RunKey};
use crate::engine::execution::saved::{Damaged, Stored, StoredRow};
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

    /// Closed runs whose numbers are beyond the first and not beyond the second, so many at most, in order.
    fn closed_between(
        &mut self,
        numbers: (u64, u64),
        most: usize,
    ) -> Result<Vec<ClosedRun>, DiskError>;

    /// Closed runs of workflows of this id, in whatever namespace.
    fn closed_of(&mut self, workflow_id: &str) -> Result<Vec<ClosedRun>, DiskError>;

    /// The end: the file is given back.
    fn close(&mut self);
}

/// Looks at a whole file.
pub(crate) trait Inspector: Send + std::fmt::Debug {
    /// What is wrong with it, if anything is.
    fn inspect(&mut self) -> Result<Option<String>, DiskError>;

    /// What ends an inspection that is under way, from another thread.
    fn interrupt(&self) -> Box<dyn Fn() + Send + Sync>;
}

/// Why a commit or a read failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DiskError {
    /// Whether there is no room.
    pub(crate) full: bool,
    /// Whether the file is damaged.
    pub(crate) damaged: bool,
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
        if self.damaged {
            return Refusal::Unavailable(format!(
                "nothing is stored in {file} any more, because it is damaged ({}): end the service, and put a backup in its \
                 place",
                self.text
            ));
        }
        Refusal::Unavailable(format!(
            "changes cannot be stored in {file} ({}): they are tried again until they are",
            self.text
        ))
    }
}

/// Everything that a file holds, but for closed runs.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Those that are open, in the order of their numbers.
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

/// A closed run of a file.
#[derive(Debug)]
pub(crate) struct ClosedRun {
    pub(crate) number: u64,
    pub(crate) found: Found,
}

/// What is known of a closed run.
#[derive(Debug)]
pub(crate) enum Found {
    /// What lists show of it.
    Row(Box<StoredRow>),
    /// What that is made of, but for events.
    Run(Box<LoadedRun>),
    /// Neither can be read. So the run seems to be called, and then it seems to have ended, if that can be.
    Damaged {
        key: Option<RunKey>,
        closed: Option<Time>,
        damaged: Damaged,
    },
}
