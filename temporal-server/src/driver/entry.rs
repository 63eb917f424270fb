//! One workflow id with its runs, behind one lock.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use super::held;
use crate::engine::execution::Run;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// Names a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct EntryKey {
    namespace_id: String,
    pub(super) workflow_id: Arc<str>,
}

impl EntryKey {
    pub(super) fn new(namespace: &Namespace, workflow_id: &str) -> Self {
        Self {
            namespace_id: namespace.id.clone(),
            workflow_id: workflow_id.into(),
        }
    }

    /// Whether the workflow is one of this namespace.
    pub(super) fn is_in(&self, namespace: &Namespace) -> bool {
        self.namespace_id == namespace.id
    }
}

/// A workflow.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) namespace: Arc<Namespace>,
    pub(super) workflow_id: Arc<str>,
    chain: Mutex<Chain>,
}

/// The runs of a workflow, oldest first.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) cells: Vec<Cell>,
    /// The workflow is no longer in the map: who wants to start it must look again.
    pub(super) forgotten: bool,
}

/// A run, and what the driver keeps about it.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) run: Run,
    /// The run's number in this service.
    pub(super) serial: u64,
    /// Changes with each request; made when somebody first waits.
    changed: Option<watch::Sender<u64>>,
    /// What of it is counted as under way: workflow tasks, activities.
    pub(super) counted: (i64, i64),
}

impl Entry {
    pub(super) fn new(namespace: Arc<Namespace>, workflow_id: Arc<str>) -> Self {
        Self {
            namespace,
            workflow_id,
            chain: Mutex::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Chain> {
        held(&self.chain)
    }
}

impl Chain {
    /// The place of the run of this id, or of the newest.
    pub(super) fn find(&self, workflow_id: &str, run_id: &str) -> Result<usize, Refusal> {
        if run_id.is_empty() {
            return self.cells.len().checked_sub(1).ok_or_else(|| {
                Refusal::not_found(format!("workflow not found for ID: {workflow_id}"))
            });
        }
        self.cells.iter().rposition(|cell| &*cell.run.run_id == run_id).ok_or_else(|| {
            if self.cells.is_empty() {
                return Refusal::not_found(format!("workflow not found for ID: {workflow_id}"));
            }
            Refusal::not_found(format!(
                "workflow execution not found for workflow ID \"{workflow_id}\" and run ID \"{run_id}\""
            ))
        })
    }

    /// The place of the run of this number.
    pub(super) fn place_of(&self, serial: u64) -> Option<usize> {
        self.cells.iter().rposition(|cell| cell.serial == serial)
    }

    /// The place of the run at `place`, or of the one that has taken its place by a reset.
    pub(super) fn heir(&self, place: usize) -> usize {
        let mut heir = place;
        while let Some(cell) = self.cells.get(heir).filter(|cell| !cell.run.is_running())
            && let Some(id) = &cell.run.reset.run_id
            && let Some(next) = self.cells.iter().rposition(|cell| *cell.run.run_id == **id)
            && next > heir
        {
            heir = next;
        }
        heir
    }

    /// The run of this id.
    pub(super) fn run_of(&self, run_id: &str) -> Option<&Run> {
        let cell = self
            .cells
            .iter()
            .rfind(|cell| *cell.run.run_id == *run_id)?;
        Some(&cell.run)
    }

    /// The newest run.
    pub(super) fn newest(&self) -> Option<&Run> {
        self.cells.last().map(|cell| &cell.run)
    }
}

impl Cell {
    pub(super) fn new(run: Run, serial: u64) -> Self {
        Self {
            run,
            serial,
            changed: None,
            counted: (0, 0),
        }
    }

    /// Tells of the next change.
    pub(super) fn watch(&mut self) -> watch::Receiver<u64> {
        self.changed
            .get_or_insert_with(|| watch::channel(0).0)
            .subscribe()
    }

    /// Wakes those who wait for a change.
    pub(super) fn wake(&mut self) {
        if let Some(changed) = &self.changed {
            if changed.receiver_count() == 0 {
                self.changed = None;
            } else {
                changed.send_modify(|version| *version += 1);
            }
        }
    }
}
