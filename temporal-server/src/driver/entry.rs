//! One workflow id with its runs, behind one lock.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use super::held;
use crate::engine::execution::Run;
use crate::engine::execution::saved::{Mark, Packed};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::store::{Store, Unit};

/// Runs of a workflow up to which each makes its own room.
const FEW: usize = 4;

/// A workflow.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) namespace: Arc<Namespace>,
    pub(super) workflow_id: Arc<str>,
    chain: Mutex<Chain>,
}

/// A run in memory; a closed one that is packed; or only its id, while a closed run is nowhere but in the store.
#[derive(Debug)]
pub(super) enum Resident {
    Here(Box<Run>),
    Packed(Box<Packed>),
    Unpacked(Box<Unpacked>),
    Away(Arc<str>),
}

/// A packed run for as long as the lock is held.
#[derive(Debug)]
pub(super) struct Unpacked {
    run: Run,
    packed: Box<Packed>,
    /// Somebody may have changed it.
    touched: bool,
}

impl Resident {
    pub(super) fn run_id(&self) -> &Arc<str> {
        match self {
            Self::Here(run) => &run.run_id,
            Self::Packed(packed) => packed.run_id(),
            Self::Unpacked(unpacked) => unpacked.packed.run_id(),
            Self::Away(run_id) => run_id,
        }
    }
}

impl Deref for Resident {
    type Target = Run;

    /// The run. Whoever finds a run in its chain has read it back.
    fn deref(&self) -> &Run {
        match self {
            Self::Here(run) => run,
            Self::Unpacked(unpacked) => &unpacked.run,
            other => unreachable!("run {} was not read back", other.run_id()),
        }
    }
}

impl DerefMut for Resident {
    fn deref_mut(&mut self) -> &mut Run {
        match self {
            Self::Here(run) => run,
            Self::Unpacked(unpacked) => {
                unpacked.touched = true;
                &mut unpacked.run
            }
            other => unreachable!("run {} was not read back", other.run_id()),
        }
    }
}

/// Where closed runs are read back from.
#[derive(Debug)]
struct Archive {
    namespace: Arc<Namespace>,
    store: Arc<Store>,
}

/// The runs of a workflow, oldest first.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) cells: Vec<Cell>,
    /// The workflow is no longer in the map: who wants to start it must look again.
    pub(super) forgotten: bool,
    /// Its closed runs were read, if the store has any.
    pub(super) complete: bool,
    /// What has changed since the lock was taken: it is handed to the store before the lock is given back.
    pub(super) unit: Option<Box<Unit>>,
    archive: Option<Archive>,
    /// Numbers of the runs that were read back or unpacked, and go or are packed again with the lock.
    lent: Vec<u64>,
}

/// A workflow that is locked. What was done to it under one lock is stored in one commit.
pub(super) struct Locked<'a>(MutexGuard<'a, Chain>);

impl Deref for Locked<'_> {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.0
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Chain {
        &mut self.0
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.unit = None;
        self.0.put_back();
    }
}

/// A run, and what the driver keeps about it.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) run: Resident,
    /// The run's number in this service.
    pub(super) serial: u64,
    /// Changes with each request; made when somebody first waits.
    changed: Option<watch::Sender<u64>>,
    /// What of it is counted as under way: workflow tasks, activities.
    pub(super) counted: (i64, i64),
    /// What of the run the store has; none without a store.
    pub(super) mark: Option<Box<Mark>>,
    /// The place in line of the last change.
    pub(super) kept_at: u64,
}

impl Entry {
    pub(super) fn new(
        namespace: Arc<Namespace>,
        workflow_id: Arc<str>,
        store: Option<Arc<Store>>,
    ) -> Self {
        let archive = store.map(|store| Archive {
            namespace: namespace.clone(),
            store,
        });
        Self {
            namespace,
            workflow_id,
            chain: Mutex::new(Chain {
                archive,
                ..Chain::default()
            }),
        }
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked(held(&self.chain))
    }
}

impl Chain {
    /// The place of the run of this id, or of the newest. It is in memory then.
    pub(super) fn find(&mut self, workflow_id: &str, run_id: &str) -> Result<usize, Refusal> {
        let place = self.look_for(workflow_id, run_id)?;
        self.read_back(place)?;
        Ok(place)
    }

    /// Reads a run back, if it is packed or only in the store.
    pub(super) fn read_back(&mut self, place: usize) -> Result<(), Refusal> {
        let cell = &mut self.cells[place];
        let mark = match (&cell.run, &self.archive) {
            (Resident::Here(_) | Resident::Unpacked(_), _) => return Ok(()),
            (Resident::Packed(packed), _) => {
                let (run, mark) = packed.unpack().map_err(|damaged| {
                    Refusal::Unavailable(format!("run {}: {damaged}", packed.run_id()))
                })?;
                cell.run = Resident::Unpacked(Box::new(Unpacked {
                    run,
                    packed: packed.clone(),
                    touched: false,
                }));
                mark
            }
            (Resident::Away(run_id), Some(archive)) => {
                let (run, mark) = archive
                    .store
                    .read(&archive.namespace, (cell.serial, run_id))?;
                cell.run = Resident::Here(Box::new(run));
                mark
            }
            (Resident::Away(run_id), None) => {
                return Err(Refusal::Unavailable(format!("run {run_id} is nowhere")));
            }
        };
        cell.mark = self.archive.is_some().then(|| Box::new(mark));
        self.lent.push(cell.serial);
        Ok(())
    }

    /// Adds a run where its number stands among the others.
    pub(super) fn insert(&mut self, cell: Cell) {
        if self.cells.len() < FEW {
            self.cells.reserve_exact(1);
        }
        let place = self
            .cells
            .partition_point(|known| known.serial < cell.serial);
        self.cells.insert(place, cell);
    }

    /// Packs the runs that were unpacked, and leaves those that were read back to the store again; not those that were
    /// changed since, until the store has that.
    fn put_back(&mut self) {
        let mut stay = Vec::new();
        for serial in std::mem::take(&mut self.lent) {
            let Some(cell) = self.cells.iter_mut().find(|cell| cell.serial == serial) else {
                continue;
            };
            match (&cell.run, &self.archive) {
                (Resident::Here(_), Some(archive)) if archive.store.is_settled(cell.kept_at) => {
                    cell.send_away();
                }
                (Resident::Here(_), _) => stay.push(serial),
                _ => cell.pack(),
            }
        }
        self.lent = stay;
    }

    /// Adds a run, which is newer than the others. Returns its place.
    pub(super) fn add(&mut self, cell: Cell) -> usize {
        if self.cells.len() < FEW {
            // Most have one run: there is no room for others that never come.
            self.cells.reserve_exact(1);
        }
        self.cells.push(cell);
        self.cells.len() - 1
    }

    pub(super) fn look_for(&self, workflow_id: &str, run_id: &str) -> Result<usize, Refusal> {
        let place = match run_id {
            "" => self.cells.len().checked_sub(1),
            named => self
                .cells
                .iter()
                .rposition(|cell| **cell.run.run_id() == *named),
        };
        place.ok_or_else(|| unknown(workflow_id, run_id))
    }

    /// The place of the run of this number.
    pub(super) fn place_of(&self, serial: u64) -> Option<usize> {
        self.cells.iter().rposition(|cell| cell.serial == serial)
    }

    /// The place of the run of this number, if it is in memory as it is. One that is not has closed: its tasks and timers
    /// are none any more.
    pub(super) fn place_of_present(&self, serial: u64) -> Option<usize> {
        self.place_of(serial)
            .filter(|place| matches!(self.cells[*place].run, Resident::Here(_)))
    }

    /// The place of the run at `place`, or of the one that has taken its place by a reset.
    pub(super) fn heir(&mut self, place: usize) -> usize {
        let mut heir = place;
        while let Some(cell) = self.cells.get(heir).filter(|cell| !cell.run.is_running())
            && let Some(id) = &cell.run.reset.run_id
            && let Some(next) = self
                .cells
                .iter()
                .rposition(|cell| **cell.run.run_id() == **id)
            && next > heir
            && self.read_back(next).is_ok()
        {
            heir = next;
        }
        heir
    }

    /// The run of this id.
    pub(super) fn run_of(&mut self, run_id: &str) -> Option<&Run> {
        let place = self
            .cells
            .iter()
            .rposition(|cell| **cell.run.run_id() == *run_id)?;
        self.read_back(place).ok()?;
        Some(&self.cells[place].run)
    }

    /// The newest run.
    pub(super) fn newest(&mut self) -> Result<Option<&Run>, Refusal> {
        if let Some(last) = self.cells.len().checked_sub(1) {
            self.read_back(last)?;
        }
        Ok(self.cells.last().map(|cell| &*cell.run))
    }
}

impl Cell {
    pub(super) fn new(run: Run, serial: u64) -> Self {
        Self {
            run: Resident::Here(Box::new(run)),
            serial,
            changed: None,
            counted: (0, 0),
            mark: None,
            kept_at: 0,
        }
    }

    /// A closed run that is only in the store.
    pub(super) fn away(run_id: Arc<str>, serial: u64) -> Self {
        Self {
            run: Resident::Away(run_id),
            serial,
            changed: None,
            counted: (0, 0),
            mark: None,
            kept_at: 0,
        }
    }

    /// Packs the run, which has closed; one that was only looked at is what it was.
    pub(super) fn pack(&mut self) {
        let packed = match &mut self.run {
            Resident::Here(run) => Box::new(run.pack()),
            Resident::Unpacked(unpacked) if unpacked.touched => Box::new(unpacked.run.pack()),
            Resident::Unpacked(unpacked) => unpacked.packed.clone(),
            Resident::Packed(_) | Resident::Away(_) => return,
        };
        self.run = Resident::Packed(packed);
        self.mark = None;
        self.changed
            .take_if(|changed| changed.receiver_count() == 0);
    }

    /// Leaves the run to the store.
    pub(super) fn send_away(&mut self) {
        self.run = Resident::Away(self.run.run_id().clone());
        self.mark = None;
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

/// A workflow, or a run of it, that is not there.
pub(super) fn unknown(workflow_id: &str, run_id: &str) -> Refusal {
    Refusal::not_found(match run_id {
        "" => format!("workflow not found for ID: {workflow_id}"),
        run_id => format!(
            "workflow execution not found for workflow ID \"{workflow_id}\" and run ID \"{run_id}\""
        ),
    })
}
