//! Closed runs that a store holds: what lists show of them, and where they stand in their workflows. They are read after
//! the start, in small pieces, while calls are answered already. A call that names a workflow reads the closed runs of
//! that id first; one that asks about all runs waits for the end.
//!
//! What is read may be old: a run that is there already stays as it is, and one that has gone since the start stays
//! gone. Both are looked at while the workflow is locked.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::entry::{Cell, Chain, Entry};
use super::{Driver, held};
use crate::engine::effect::VisibilityRow;
use crate::engine::execution::Run;
use crate::engine::execution::saved::Damaged;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;
use crate::store::{ClosedRun, Found, LoadedRun};

/// Runs of one piece: reading it holds up other readers for about a millisecond.
const PIECE: usize = 200;

/// How long reading rests after it has failed.
const RETRY: Duration = Duration::from_secs(5);

/// How far it is.
#[derive(Debug)]
pub(super) struct Loading {
    stage: watch::Sender<Stage>,
    rest: Mutex<Rest>,
}

/// What those who wait are told.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Reading,
    /// It is tried again.
    Failing(Refusal),
    Over,
}

/// What is left.
#[derive(Debug)]
struct Rest {
    /// Numbers up to this one have been read.
    after: u64,
    /// Later runs were never only in the store.
    until: u64,
    /// Runs that went while it lasted.
    gone: HashSet<u64>,
    over: bool,
}

impl Loading {
    /// Nothing is to be read.
    pub(super) fn none() -> Self {
        Self::new(Stage::Over, 0)
    }

    /// Runs up to this number are to be read.
    pub(super) fn up_to(number: u64) -> Self {
        Self::new(Stage::Reading, number)
    }

    fn new(stage: Stage, until: u64) -> Self {
        let rest = Rest {
            after: 0,
            until,
            gone: HashSet::new(),
            over: stage == Stage::Over,
        };
        Self {
            stage: watch::channel(stage).0,
            rest: Mutex::new(rest),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        *self.stage.borrow() == Stage::Over
    }

    /// A run is gone, and must not come back.
    pub(super) fn forget(&self, number: u64) {
        if !self.is_over() {
            held(&self.rest).gone.insert(number);
        }
    }

    fn set(&self, stage: Stage) {
        self.stage.send_if_modified(|known| {
            let is_new = *known != stage;
            *known = stage;
            is_new
        });
    }
}

/// Reads while the driver lives.
fn load(driver: &Weak<Driver>) {
    while let Some(strong) = driver.upgrade() {
        let more = strong.load_some(PIECE);
        let Some(store) = &strong.store else { return };
        match more {
            Ok(true) => {}
            Ok(false) => return store.begin_inspection(),
            Err(_) if store.is_ending() => return,
            Err(_) => {
                drop(strong);
                std::thread::sleep(RETRY);
            }
        }
    }
}

impl Driver {
    /// Begins to read, on a thread of its own: the disk is waited for.
    pub(super) fn begin_loading(self: &Arc<Self>) {
        if self.store.is_none() {
            return;
        }
        let driver = Arc::downgrade(self);
        let thread = std::thread::Builder::new()
            .name("temporal-load".into())
            .spawn(move || load(&driver));
        if let Err(error) = thread {
            tracing::error!(%error, "the thread that reads closed runs did not start");
            let refusal = Refusal::Unavailable(format!("closed runs are not read: {error}"));
            self.loading.set(Stage::Failing(refusal));
        }
    }

    /// Waits until all closed runs are known: for answers about all runs.
    pub(crate) async fn all_known(&self) -> Result<(), Refusal> {
        if self.ids.are_seeded() {
            // Nothing happens by itself.
            while self.load_some(PIECE)? {}
        }
        self.loaded().await
    }

    /// Waits until somebody has read them.
    pub(super) async fn loaded(&self) -> Result<(), Refusal> {
        let mut stage = self.loading.stage.subscribe();
        loop {
            match &*stage.borrow_and_update() {
                Stage::Over => return Ok(()),
                Stage::Failing(refusal) => return Err(refusal.clone()),
                Stage::Reading => {}
            }
            // The sender lives as long as the driver.
            let _ = stage.changed().await;
        }
    }

    /// Reads so many closed runs at most. Says whether there are more.
    pub(super) fn load_some(&self, most: usize) -> Result<bool, Refusal> {
        let Some(store) = self.store.as_ref().filter(|_| !self.loading.is_over()) else {
            return Ok(false);
        };
        let numbers = {
            let rest = held(&self.loading.rest);
            (rest.after, rest.until)
        };
        let runs = store
            .closed_between(numbers, most)
            .inspect_err(|refusal| self.loading.set(Stage::Failing(refusal.clone())))?;
        let last = runs.last().map(|run| run.number);
        for run in runs {
            self.add_closed(run);
        }
        let Some(last) = last else {
            self.end_loading();
            return Ok(false);
        };
        held(&self.loading.rest).after = last;
        self.loading.set(Stage::Reading);
        Ok(true)
    }

    fn end_loading(&self) {
        {
            let mut rest = held(&self.loading.rest);
            rest.over = true;
            rest.gone = HashSet::new();
        }
        self.loading.set(Stage::Over);
        self.drop_expired();
        self.bound_closed_runs();
    }

    /// Sees to it that the closed runs of this workflow are known.
    pub(super) fn know_workflow(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
    ) -> Result<(), Refusal> {
        let Some(store) = self.store.as_ref().filter(|_| !self.loading.is_over()) else {
            return Ok(());
        };
        let known = self.known(namespace, workflow_id);
        if known.is_some_and(|entry| entry.lock().complete) {
            return Ok(());
        }
        for run in store.closed_of(workflow_id)? {
            self.add_closed(run);
        }
        // Whatever was read is in the workflow that is there now, or has gone.
        if let Some(entry) = self.known(namespace, workflow_id) {
            entry.lock().complete = true;
        }
        Ok(())
    }

    /// Adds a closed run to its workflow, unless it is there or gone.
    fn add_closed(&self, run: ClosedRun) {
        let number = run.number;
        let (namespace_id, workflow_id) = match &run.found {
            Found::Row(row) => (row.namespace_id(), row.workflow_id()),
            Found::Run(run) => (&*run.key.namespace_id, &*run.key.workflow_id),
            Found::Damaged { key: Some(key), .. } => (&*key.namespace_id, &*key.workflow_id),
            Found::Damaged {
                key: None, damaged, ..
            } => {
                tracing::error!(number, %damaged, "a closed run is damaged, its name too: it is not shown");
                return;
            }
        };
        let Some(namespace) = self.directory.by_id(namespace_id) else {
            return self.left_behind(&run);
        };
        let workflow_id: Arc<str> = workflow_id.into();
        // While the map is locked, neither the workflow nor its namespace goes.
        let mut shard = self.shard(&namespace, &workflow_id);
        if self.directory.by_id(&namespace.id).is_none() {
            return self.left_behind(&run);
        }
        let known = shard.get(&namespace, &workflow_id).cloned();
        let is_known = known.is_some();
        let entry = known.unwrap_or_else(|| {
            let store = self.store.clone();
            Arc::new(Entry::new(namespace, workflow_id, store))
        });
        let mut chain = entry.lock();
        let is_wanted = {
            let rest = held(&self.loading.rest);
            !rest.over && !rest.gone.contains(&number)
        };
        if !is_wanted || chain.place_of(number).is_some() {
            return;
        }
        let run_id = self.show_closed(&entry, &mut chain, run);
        chain.insert(Cell::away(run_id, number));
        drop(chain);
        if !is_known {
            shard.insert(entry);
        }
    }

    /// The namespace of a run was deleted, and the end came before the run was. It goes now, if that can be relied on.
    fn left_behind(&self, run: &ClosedRun) {
        if !matches!(run.found, Found::Damaged { .. }) {
            self.drop_kept(&mut Chain::default(), run.number);
        }
    }

    /// Shows a closed run in lists. One that cannot be read is not shown, and says why to whoever asks for it. Returns
    /// the run's id.
    fn show_closed(&self, entry: &Arc<Entry>, chain: &mut Chain, run: ClosedRun) -> Arc<str> {
        let number = run.number;
        let row = match run.found {
            Found::Row(row) => Ok(row.restore(entry.namespace.clone(), entry.workflow_id.clone())),
            Found::Run(run) => {
                let LoadedRun {
                    key,
                    closed,
                    stored,
                } = *run;
                let row = Run::row_of_stored(entry.namespace.clone(), stored);
                let row = row.and_then(|row| check_end(row, closed));
                // The file has none yet, or one that is damaged.
                row.inspect(|row| self.keep_row(entry, chain, (number, row.clone())))
                    .map_err(|damaged| (key.run_id, closed, damaged))
            }
            Found::Damaged {
                key,
                closed,
                damaged,
            } => {
                let run_id = key.map_or_else(|| "".into(), |key| key.run_id);
                Err((run_id, closed, damaged))
            }
        };
        match row {
            Ok(row) => {
                let (at, run_id) = (row.close_time.unwrap_or_default(), row.run_id.clone());
                held(&self.closed_runs).add_away((at, number), entry, &row);
                self.directory.show(row);
                run_id
            }
            Err((run_id, closed, damaged)) => {
                // Its retention ends no later than if it ended now: nothing says that its end was read rightly.
                let now = self.clock.real();
                let at = closed.map_or(now, |closed| closed.min(now));
                held(&self.closed_runs).add_damaged((at, number), entry);
                let workflow_id = &*entry.workflow_id;
                let told = "a closed run is damaged: lists do not show it";
                tracing::error!(workflow_id, run_id = &*run_id, %damaged, "{told}");
                run_id
            }
        }
    }
}

fn check_end(row: VisibilityRow, closed: Option<Time>) -> Result<VisibilityRow, Damaged> {
    match row.close_time {
        Some(_) if row.close_time == closed => Ok(row),
        _ => Err(Damaged("its end is not where its record says".into())),
    }
}
