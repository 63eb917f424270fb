//! Holds the runs, gives them requests and time, and performs what follows. Decides nothing about workflows itself.
//!
//! Locks are taken in this order and never two of one kind: a workflow's [`Entry`], then queues, timers or the
//! directory. What one workflow has to say to another is said after its lock is released.

mod clock;
mod closed;
mod completing;
mod effects;
mod entry;
mod fast_forward;
mod gauges;
mod ids;
mod keeping;
mod kept_limits;
mod kept_schedules;
mod loading;
mod messages;
mod open;
mod polls;
mod queries;
mod reading;
mod replies;
mod resetting;
mod schedules;
mod starting;
mod task;
#[cfg(all(test, feature = "sqlite"))]
pub(crate) mod tests;
mod time;
pub(crate) mod token;
mod updates;
mod workers;
mod workflows;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Notify, watch};

use crate::directory::Directory;
use crate::engine::Context;
use crate::engine::effect::UpdateView;
use crate::engine::execution::Run;
use crate::engine::execution::external::is_uuid;
use crate::engine::execution::saved::Damaged;
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;
use crate::engine::timers::Timers;
use crate::store::{Opened, Store};
use clock::{Clock, Skipping};
use closed::ClosedRuns;
use entry::Entry;
pub(crate) use ids::Ids;
use loading::Loading;
use open::OpenRuns;
pub(crate) use polls::PollingWorker;
use polls::Queues;
use queries::PendingQuery;
pub(crate) use queries::QueryOutcome;
pub(crate) use reading::Read;
pub(crate) use schedules::NewSchedule;
pub(crate) use starting::{Attaches, StartRequest, Started};
pub(crate) use updates::{UpdateStatus, UpdateWait};
use workflows::Workflows;

const SHARDS: usize = 16;

/// How a driver is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct DriverOptions {
    /// Whether the clock may jump ahead.
    pub(crate) time_skipping: bool,
    /// Whether it may not yet.
    pub(crate) time_locked: bool,
    /// What the clock shows first, if not the machine's time.
    pub(crate) start_time: Option<SystemTime>,
    /// Whether the clock stands but for its jumps, and what ids follow from then.
    pub(crate) seed: Option<u64>,
    /// The limits.
    pub(crate) limits: Limits,
}

/// All runs of one service.
#[derive(Debug)]
pub(crate) struct Driver {
    directory: Arc<Directory>,
    limits: Limits,
    clock: Clock,
    /// Whether the clock is the machine's: it was not set, and does not jump.
    follows_machine: bool,
    skipping: Skipping,
    timers: Mutex<Timers>,
    timers_changed: Notify,
    entries: [Mutex<Workflows>; SHARDS],
    open_runs: Mutex<OpenRuns>,
    closed_runs: Mutex<ClosedRuns>,
    queues: [Mutex<Queues>; SHARDS],
    queries: Mutex<HashMap<String, PendingQuery>>,
    /// Updates that somebody waits for, by run and update.
    updates: Mutex<HashMap<(u64, u64), watch::Sender<UpdateView>>>,
    sleeps: Mutex<HashMap<u64, time::Sleeper>>,
    /// How many wait for a fast-forward, by workflow.
    fast_forward_waiters: Mutex<HashMap<String, usize>>,
    schedules: schedules::Schedules,
    workers: Mutex<workers::Known>,
    serial: AtomicU64,
    ids: Ids,
    store: Option<Arc<Store>>,
    loading: Loading,
}

impl Driver {
    /// A driver with the runs that a store holds, or without any. Its timers go on while the driver lives.
    pub(crate) fn start(
        directory: Arc<Directory>,
        options: DriverOptions,
        kept: Option<Opened>,
    ) -> Result<Arc<Self>, Damaged> {
        let (store, loaded) = kept.map(|kept| (kept.store, kept.loaded)).unzip();
        let stands = options.seed.is_some();
        let earliest = Self::earliest_start(loaded.as_ref());
        let driver = Arc::new(Self {
            directory,
            limits: options.limits,
            follows_machine: options.start_time.is_none() && !options.time_skipping && !stands,
            clock: Clock::new(options.start_time, earliest, stands),
            skipping: Skipping::new(options.time_skipping, options.time_locked),
            timers: Mutex::default(),
            timers_changed: Notify::new(),
            entries: Default::default(),
            open_runs: Mutex::default(),
            closed_runs: Mutex::default(),
            queues: Default::default(),
            queries: Mutex::default(),
            updates: Mutex::default(),
            sleeps: Mutex::default(),
            fast_forward_waiters: Mutex::default(),
            schedules: schedules::Schedules::default(),
            workers: Mutex::default(),
            serial: AtomicU64::new(0),
            ids: Ids::new(options.seed),
            store,
            loading: match loaded.as_ref().and_then(|loaded| loaded.progress) {
                Some(progress) => Loading::up_to(progress.serial),
                None => Loading::none(),
            },
        });
        if let Some(loaded) = loaded {
            if let Some(progress) = loaded.progress {
                driver.serial.store(progress.serial, Ordering::Relaxed);
                progress.ids.inspect(|state| driver.ids.resume(*state));
            }
            driver.restore(loaded)?;
        }
        if !driver.ids.are_seeded() {
            tokio::spawn(time::run_timers(Arc::downgrade(&driver)));
            driver.begin_loading();
        }
        Ok(driver)
    }

    /// The limits of this service.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// A number that is used once.
    fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Runs `ask` with the context of a request at this moment; returns its effects too.
    fn in_context<T>(
        &self,
        ask: impl FnOnce(&mut Context<'_>) -> T,
    ) -> (T, Vec<crate::engine::effect::Effect>) {
        self.in_context_of(Duration::ZERO, ask)
    }

    /// The same for a run whose time is so far ahead.
    fn in_context_of<T>(
        &self,
        ahead: Duration,
        ask: impl FnOnce(&mut Context<'_>) -> T,
    ) -> (T, Vec<crate::engine::effect::Effect>) {
        let mut fresh = || self.ids.fresh();
        let mut ctx = Context {
            now: self.now().plus(ahead),
            fresh_id: &mut fresh,
            surroundings: self.directory.as_ref(),
            limits: &self.limits,
            effects: Vec::new(),
        };
        let answer = ask(&mut ctx);
        (answer, ctx.effects)
    }

    fn shard(&self, namespace: &Namespace, workflow_id: &str) -> MutexGuard<'_, Workflows> {
        let mut hasher = DefaultHasher::new();
        (&namespace.id, workflow_id).hash(&mut hasher);
        let shard = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or(0);
        held(&self.entries[shard])
    }

    /// The workflow of this id, if it is in memory.
    fn known(&self, namespace: &Namespace, workflow_id: &str) -> Option<Arc<Entry>> {
        self.shard(namespace, workflow_id)
            .get(namespace, workflow_id)
            .cloned()
    }

    /// The workflow of this id, with all its runs.
    fn find(&self, namespace: &Namespace, workflow_id: &str) -> Result<Arc<Entry>, Refusal> {
        self.find_named(namespace, workflow_id, "")
    }

    /// The workflow of a run that a request names; the refusal names the run, too.
    fn find_named(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        run_id: &str,
    ) -> Result<Arc<Entry>, Refusal> {
        self.know_workflow(namespace, workflow_id)?;
        self.known(namespace, workflow_id)
            .ok_or_else(|| entry::unknown(workflow_id, run_id))
    }

    /// The workflow of this id with all its runs, made if it is new.
    fn find_or_make(
        &self,
        namespace: &Arc<Namespace>,
        workflow_id: &str,
    ) -> Result<Arc<Entry>, Refusal> {
        self.know_workflow(namespace, workflow_id)?;
        Ok(self.known_or_made(namespace, workflow_id))
    }

    fn known_or_made(&self, namespace: &Arc<Namespace>, workflow_id: &str) -> Arc<Entry> {
        let mut shard = self.shard(namespace, workflow_id);
        if let Some(known) = shard.get(namespace, workflow_id) {
            return known.clone();
        }
        let entry = Entry::new(namespace.clone(), workflow_id.into(), self.store.clone());
        let entry = Arc::new(entry);
        shard.insert(entry.clone());
        entry
    }

    /// Gives a request to one run: the one of this id, or the newest if the id is empty.
    pub(crate) fn ask_run<T>(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        run_id: &str,
        ask: impl FnOnce(&mut Run, &mut Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let entry = self.find_named(namespace, workflow_id, run_id)?;
        self.ask_entry(&entry, run_id, ask)
    }

    /// The same, for a workflow that has been found.
    fn ask_entry<T>(
        &self,
        entry: &Arc<Entry>,
        run_id: &str,
        ask: impl FnOnce(&mut Run, &mut Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut chain = entry.lock();
        let place = chain.find(&entry.workflow_id, run_id)?;
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (answer, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            ask(run, ctx)
        });
        let outbox = self.perform(entry, &mut chain, place, effects);
        drop(chain);
        self.deliver(outbox);
        answer
    }

    /// Gives a request to the run of this chain: the one named, or the newest. `first_run_id`, if it is given, must be
    /// the first of the chain; the newest run is then meant.
    pub(crate) fn ask_chain<T>(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        run_id: &str,
        first_run_id: &str,
        ask: impl FnOnce(&mut Run, &mut Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.ask_run(namespace, workflow_id, run_id, |run, ctx| {
            if !first_run_id.is_empty() && run.start.first_run_id() != first_run_id {
                return Err(Refusal::not_found("workflow execution not found"));
            }
            ask(run, ctx)
        })
    }
}

/// Refuses a run id that is none.
pub(crate) fn check_run_id(run_id: &str) -> Result<(), Refusal> {
    if run_id.is_empty() || is_uuid(run_id) {
        Ok(())
    } else {
        Err(Refusal::invalid("Invalid RunId."))
    }
}

/// A lock that survives a panic of another thread: what it guards is changed in one piece.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
