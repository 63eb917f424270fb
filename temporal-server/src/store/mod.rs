//! Keeps what the driver decided: one thread writes, many changes share a commit, and nobody is answered before the
//! commit of everything that the answer could tell of.
//!
//! A change is handed over as a [`Unit`], which takes its place in line when it is begun, while the workflow is locked,
//! and is written whole or not at all. What follows from a change inside the service may run ahead of its commit: it is
//! lost together with its cause. Nothing leaves the service ahead of it: see [`Store::settled`].
#![cfg_attr(
    not(feature = "sqlite"),
    allow(dead_code, reason = "only a disk begins a store")
)]

mod batch;
mod codec;
mod disk;
mod error;
mod inspection;
mod lock;
mod pragma;
#[cfg(feature = "sqlite")]
mod schema;
#[cfg(all(test, feature = "sqlite"))]
pub(crate) mod scratch;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

pub(crate) use batch::{Batch, Progress, RunKey};
pub(crate) use disk::{Archive, ClosedRun, Disk, DiskError, Found, Loaded, LoadedRun};
pub use error::StoreError;
pub use pragma::Pragma;

use crate::engine::execution::Run;
use crate::engine::execution::saved::Mark;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use inspection::Inspection;

/// How long the writer rests after a commit that failed.
const RETRY: Duration = Duration::from_millis(200);

/// When a change counts as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// It is on the disk: it survives a loss of power.
    #[default]
    Full,
    /// The system has it: it survives the end of the process at any moment, but a loss of power may take the last
    /// changes. Faster where the disk is slow.
    Normal,
}

impl Durability {
    /// The durability of this name: `full` or `normal`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "full" => Some(Self::Full),
            "normal" => Some(Self::Normal),
            _ => None,
        }
    }
}

/// What a file holds, and the store that goes on with it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    pub(crate) loaded: Loaded,
}

/// Opens a file, or makes it.
#[cfg(feature = "sqlite")]
pub(crate) fn open(
    path: &Path,
    durability: Durability,
    pragmas: &[Pragma],
) -> Result<Opened, StoreError> {
    let (mut disk, loaded) = sqlite::Sqlite::open(path, durability, schema::CURRENT)?;
    for pragma in pragmas {
        disk.set(pragma)?;
    }
    let reader = sqlite::Reader::open(path)?;
    let inspection = match disk.is_inspected() {
        true => None,
        false => Some(sqlite::Inspection::open(path)?),
    };
    let store = Store::start(Box::new(disk), Box::new(reader), path);
    if let Some(inspection) = inspection {
        store.plan_inspection(Box::new(inspection));
    }
    Ok(Opened { store, loaded })
}

/// Says that this build keeps nothing.
#[cfg(not(feature = "sqlite"))]
pub(crate) fn open(path: &Path, _: Durability, _: &[Pragma]) -> Result<Opened, StoreError> {
    Err(StoreError::NotBuilt {
        path: path.to_owned(),
    })
}

/// The line of changes, and the thread that writes them.
#[derive(Debug)]
pub(crate) struct Store {
    line: Arc<Line>,
    path: PathBuf,
    writer: Mutex<Option<JoinHandle<()>>>,
    archive: Mutex<Box<dyn Archive>>,
    inspection: Inspection,
    ending: AtomicBool,
}

/// What the writer and everybody else share.
#[derive(Debug)]
struct Line {
    state: Mutex<State>,
    /// Something is there to be written, or the store ends.
    something: Condvar,
    /// Whether the last commit failed.
    failing: AtomicBool,
    commits: AtomicU64,
    changes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// The last place that was given out.
    issued: u64,
    /// Places of changes that are not stored yet.
    open: BTreeSet<u64>,
    /// Changes in the order in which they were made.
    waiting: Vec<(u64, Batch)>,
    /// The furthest that a change has said the service is.
    progress: Progress,
    /// Who waits until everything up to a place is stored.
    settling: BTreeMap<u64, Vec<oneshot::Sender<Result<(), DiskError>>>>,
    /// Why the last commit failed.
    failure: Option<DiskError>,
    /// Why nothing is committed any more.
    broken: Option<DiskError>,
    ends: bool,
    /// The writer has gone: nothing is stored any more.
    ended: bool,
}

impl Store {
    /// A store that writes to `disk`, and reads closed runs from `archive`.
    pub(crate) fn start(disk: Box<dyn Disk>, archive: Box<dyn Archive>, path: &Path) -> Arc<Self> {
        let line = Arc::new(Line {
            state: Mutex::default(),
            something: Condvar::new(),
            failing: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            changes: AtomicU64::new(0),
        });
        let shared = line.clone();
        let writer = std::thread::Builder::new()
            .name("temporal-store".into())
            .spawn(move || shared.write(disk))
            .inspect_err(|error| tracing::error!(%error, "the thread of the store did not start"))
            .ok();
        if writer.is_none() {
            line.lock().ended = true;
        }
        Arc::new(Self {
            line,
            path: path.to_owned(),
            writer: Mutex::new(writer),
            archive: Mutex::new(archive),
            inspection: Inspection::default(),
            ending: AtomicBool::new(false),
        })
    }

    /// Reads a closed run back. The store must have all of it.
    pub(crate) fn read(
        &self,
        namespace: &Arc<Namespace>,
        (number, run_id): (u64, &str),
    ) -> Result<(Run, Mark), Refusal> {
        let stored = self.archive().read(number).map_err(|error| {
            if error.damaged && !self.is_ending() {
                self.damaged(run_id, &error.text)
            } else {
                self.unreadable(&error.text)
            }
        })?;
        Run::from_stored(namespace.clone(), stored)
            .map_err(|damaged| self.damaged(run_id, &damaged.0))
    }

    fn damaged(&self, run_id: &str, why: &str) -> Refusal {
        let file = self.path.display();
        tracing::error!(%file, run_id, why, "a closed run is damaged");
        Refusal::DataLoss(format!(
            "run {run_id} is damaged in {file} ({why}): put a backup of the file in its place, or delete the run with \
             DeleteWorkflowExecution; otherwise it goes when the retention of its namespace is over"
        ))
    }

    /// Closed runs whose numbers are beyond the first and not beyond the second, so many at most, in order.
    pub(crate) fn closed_between(
        &self,
        numbers: (u64, u64),
        most: usize,
    ) -> Result<Vec<ClosedRun>, Refusal> {
        let found = self.archive().closed_between(numbers, most);
        found.map_err(|error| self.unreadable(&error.text))
    }

    /// Closed runs of workflows of this id, in whatever namespace.
    pub(crate) fn closed_of(&self, workflow_id: &str) -> Result<Vec<ClosedRun>, Refusal> {
        let found = self.archive().closed_of(workflow_id);
        found.map_err(|error| self.unreadable(&error.text))
    }

    fn unreadable(&self, why: &str) -> Refusal {
        let file = self.path.display();
        // At the end everybody is sent away.
        if !self.is_ending() {
            tracing::error!(%file, why, "closed runs cannot be read back");
        }
        Refusal::Unavailable(format!(
            "a closed run cannot be read back from {file}: {why}"
        ))
    }

    fn archive(&self) -> MutexGuard<'_, Box<dyn Archive>> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store ends, or has ended.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Begins a change; it takes its place in line now, and is handed over when the unit is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Unit {
        let mut state = self.line.lock();
        state.issued += 1;
        let place = state.issued;
        state.open.insert(place);
        Unit {
            store: self.clone(),
            place,
            batch: Batch::default(),
        }
    }

    /// Whether the disk takes no changes: requests that would change something are refused meanwhile.
    pub(crate) fn check_writable(&self) -> Result<(), Refusal> {
        if !self.line.failing.load(Ordering::Relaxed) {
            return Ok(());
        }
        match &self.line.lock().failure {
            Some(failure) => Err(failure.refusal(&self.path)),
            None => Ok(()),
        }
    }

    /// Commits so far, and the changes that they held.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        (count(&self.line.commits), count(&self.line.changes))
    }

    /// Whether commits fail at the moment.
    pub(crate) fn is_failing(&self) -> bool {
        self.line.failing.load(Ordering::Relaxed)
    }

    /// Waits until everything is stored that has been begun by now: whatever an answer tells of is among it.
    pub(crate) async fn settled(&self) -> Result<(), Refusal> {
        self.settled_up_to(u64::MAX).await
    }

    /// Waits until everything is stored that has been begun by now, up to this place.
    pub(crate) async fn settled_up_to(&self, place: u64) -> Result<(), Refusal> {
        let waits = {
            let mut state = self.line.lock();
            let place = place.min(state.issued);
            if state.open.first().is_none_or(|first| *first > place) {
                return Ok(());
            }
            if state.ended {
                return Err(Refusal::Unavailable("the service is closing".into()));
            }
            if let Some(failure) = &state.failure {
                return Err(failure.refusal(&self.path));
            }
            let (sender, waits) = oneshot::channel();
            state.settling.entry(place).or_default().push(sender);
            waits
        };
        match waits.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(failure.refusal(&self.path)),
            Err(_) => Err(Refusal::Unavailable("the service is closing".into())),
        }
    }

    /// Whether everything up to this place is stored.
    pub(crate) fn is_settled(&self, place: u64) -> bool {
        self.line
            .lock()
            .open
            .first()
            .is_none_or(|open| *open > place)
    }

    /// Writes what is there, and ends. Called from a thread that may wait.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
        // The last connection that closes puts the log into the file.
        self.inspection.end();
        self.archive().close();
        {
            let mut state = self.line.lock();
            state.ends = true;
            self.line.something.notify_all();
        }
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the thread of the store panicked");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.end();
    }
}

/// One change, in the making. Dropped, it is handed over.
#[derive(Debug)]
pub(crate) struct Unit {
    store: Arc<Store>,
    place: u64,
    batch: Batch,
}

impl Unit {
    /// Its place in line.
    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    /// What it consists of.
    pub(crate) fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        let mut state = self.store.line.lock();
        if state.ended {
            return;
        }
        if let Some(progress) = &mut batch.progress {
            // Another one that was begun later may have been handed over sooner.
            *progress = progress.at_least(state.progress);
            state.progress = *progress;
        }
        state.waiting.push((self.place, batch));
        self.store.line.something.notify_one();
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is committed any more.
    fn break_off(&self, why: DiskError) {
        let mut state = self.lock();
        tracing::error!(%why, "the file is damaged: nothing is stored in it any more");
        state.failure = Some(why.clone());
        state.broken = Some(why);
        self.failing.store(true, Ordering::Relaxed);
    }

    /// The life of the writer.
    fn write(&self, mut disk: Box<dyn Disk>) {
        let mut group: Vec<(u64, Batch)> = Vec::new();
        loop {
            let ends = self.take(&mut group);
            if !group.is_empty() {
                let broken = self.lock().broken.clone();
                let result = match broken {
                    Some(broken) => Err(broken),
                    None => disk.commit(&mut group.iter().map(|(_, batch)| batch)),
                };
                let failed = result.is_err();
                self.settle(&mut group, result);
                if failed && !ends {
                    std::thread::sleep(RETRY);
                }
            }
            if ends {
                break;
            }
        }
        disk.close();
        let mut state = self.lock();
        state.ended = true;
        // Who still waits is told by the loss of its sender.
        state.settling.clear();
    }

    /// Waits for changes, and adds them to those that a failed commit left. Says whether the store ends.
    fn take(&self, group: &mut Vec<(u64, Batch)>) -> bool {
        let mut state = self.lock();
        while state.waiting.is_empty() && group.is_empty() && !state.ends {
            state = self
                .something
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        group.append(&mut state.waiting);
        state.ends
    }

    /// A commit is done, or has failed; then its changes are tried again, after everybody who waits was told.
    fn settle(&self, group: &mut Vec<(u64, Batch)>, result: Result<(), DiskError>) {
        let mut state = self.lock();
        match result {
            Ok(()) => {
                let changes = u64::try_from(group.len()).unwrap_or(u64::MAX);
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.changes.fetch_add(changes, Ordering::Relaxed);
                for (place, _) in group.drain(..) {
                    state.open.remove(&place);
                }
                // This commit may have been under way when the file was found to be damaged.
                if state.broken.is_none() {
                    if state.failure.take().is_some() {
                        tracing::info!("the store takes changes again");
                    }
                    self.failing.store(false, Ordering::Relaxed);
                }
                let first_open = state.open.first().copied().unwrap_or(u64::MAX);
                let still = state.settling.split_off(&first_open);
                for waiting in std::mem::replace(&mut state.settling, still).into_values() {
                    for sender in waiting {
                        // Who has gone needs no answer.
                        let _ = sender.send(Ok(()));
                    }
                }
            }
            Err(failure) => {
                if state.failure.is_none() {
                    tracing::error!(%failure, "a commit failed; it is tried again");
                }
                self.failing.store(true, Ordering::Relaxed);
                for sender in std::mem::take(&mut state.settling).into_values().flatten() {
                    let _ = sender.send(Err(failure.clone()));
                }
                state.failure = Some(failure);
            }
        }
    }
}
