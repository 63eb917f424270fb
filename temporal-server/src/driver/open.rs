//! Open runs, by number: for their timers, and for the bound of what they take in memory. Nothing is done to a run that is
//! open; beyond the bound clients start no others.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use temporal_protos::enums::{ResourceExhaustedCause, ResourceExhaustedScope};

use super::entry::Entry;
use super::{Driver, held};
use crate::engine::refusal::Refusal;

/// All open runs.
#[derive(Debug, Default)]
pub(super) struct OpenRuns {
    runs: HashMap<u64, Open>,
    /// Of all of them.
    bytes: u64,
}

#[derive(Debug)]
struct Open {
    entry: Weak<Entry>,
    bytes: u64,
}

impl OpenRuns {
    pub(super) fn insert(&mut self, serial: u64, entry: &Arc<Entry>) {
        let entry = Arc::downgrade(entry);
        self.runs.insert(serial, Open { entry, bytes: 0 });
    }

    pub(super) fn remove(&mut self, serial: u64) {
        if let Some(open) = self.runs.remove(&serial) {
            self.bytes -= open.bytes;
        }
    }

    /// The workflow of a run.
    pub(super) fn get(&self, serial: u64) -> Option<Arc<Entry>> {
        self.runs.get(&serial)?.entry.upgrade()
    }

    /// A run takes so much now.
    pub(super) fn weigh(&mut self, serial: u64, bytes: u64) {
        if let Some(open) = self.runs.get_mut(&serial) {
            self.bytes = self.bytes - open.bytes + bytes;
            open.bytes = bytes;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Driver {
    /// Refuses a start as long as the runs that are open take all that they may.
    pub(super) fn check_room(&self) -> Result<(), Refusal> {
        let (bytes, most) = (held(&self.open_runs).bytes(), self.limits.open_bytes);
        if bytes < most {
            return Ok(());
        }
        Err(Refusal::ResourceExhausted {
            message: format!(
                "the workflows that are open take {bytes} bytes in memory, and may take {most}: end some, or begin the \
                 service with a larger `--open-bytes` (`open_bytes` in the options)"
            ),
            cause: ResourceExhaustedCause::SystemOverloaded,
            scope: ResourceExhaustedScope::System,
        })
    }
}
