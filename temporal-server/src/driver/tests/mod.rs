//! A driver with a store, played by a seeded program of requests.

mod audit;
mod closed;
mod disk;
mod kept_limits;
mod loading;
mod memory;
mod program;
mod restart;
mod simulation;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use tokio::sync::watch;

use super::entry::{Chain, Resident};
use super::{Driver, DriverOptions, held};
use crate::directory::Directory;
use crate::engine::fuzz::Random;
use crate::engine::limits::Limits;
use crate::engine::namespace::Settings;
use crate::engine::surroundings::Namespace;
use crate::engine::timers::TimerKey;
use crate::options::TimeSkipping;
use crate::service::{Front, Service};
use crate::store::{Batch, Opened};
use memory::Recorder;
pub(crate) use program::Program;

/// What the machine's clock shows at first, since 1970.
const START: Duration = Duration::from_secs(1 << 30);

/// The changes that so many steps of a program make.
pub(crate) async fn played(seed: u64, steps: u64) -> Vec<Batch> {
    let (mut world, recorder) = World::recorded(seed);
    let mut program = Program::new(seed);
    for _ in 0..steps {
        program.step(&mut world).await;
    }
    world.driver.settled().await.unwrap();
    recorder.batches()
}

/// A service whose clock stands, and whose ids follow from a number.
pub(crate) struct World {
    pub(super) driver: Arc<Driver>,
    front: Front,
    pub(super) client: WorkflowServiceClient<Front>,
    pub(super) namespace: Arc<Namespace>,
    seed: u64,
    recorder: Option<Recorder>,
    /// Changes that were stored when somebody was last told something: no end of the process takes them.
    told: usize,
    /// What was there after so many commits, whenever a request was over; none if nobody wants to know.
    pub(super) after: Option<BTreeMap<usize, String>>,
    _closing: watch::Sender<bool>,
}

impl World {
    /// One that begins, and is recorded.
    fn recorded(seed: u64) -> (Self, Recorder) {
        let recorder = Recorder::default();
        let mut world = Self::with(seed, recorder.opened());
        world.recorder = Some(recorder.clone());
        world.after = Some(BTreeMap::new());
        (world, recorder)
    }

    /// One that begins, and may end at any moment.
    pub(crate) async fn simulated(seed: u64) -> Self {
        let (mut world, _) = Self::recorded(seed);
        world.after = None;
        world.note().await;
        world
    }

    /// A request is over: what is there now is stored, and remembered.
    pub(super) async fn note(&mut self) {
        // A reset brings back timers that are due at once.
        self.driver.fire_due();
        let Some(recorder) = self.recorder.clone() else {
            return;
        };
        self.driver.settled().await.unwrap();
        self.told = recorder.count();
        if let Some(mut after) = self.after.take() {
            after.entry(self.told).or_insert_with(|| self.dump());
            self.after = Some(after);
        }
    }

    /// The process ends, and the store has any of the commits that nobody was told of yet. Another one begins with what
    /// is stored, at a time that the machine shows: it may be an earlier one.
    pub(super) async fn end_and_begin(&mut self, random: &mut Random) {
        let recorder = self.recorder.clone().expect("it is recorded");
        // What the old process still does is not seen by anybody.
        self.driver.settled().await.unwrap();
        let stored = self.told + random.below(recorder.count() - self.told + 1);
        let recorder = recorder.first(stored);
        let shown = match random.below(3) {
            0 => START,
            1 => START + Duration::from_secs(3600),
            _ => START - Duration::from_secs(3600),
        };
        let mut next = Self::beginning(self.seed, recorder.opened(), shown);
        next.recorder = Some(recorder);
        next.told = stored;
        *self = next;
        self.driver.fire_due();
    }

    /// The service, as clients call it.
    pub(crate) fn front(&self) -> Front {
        self.front.clone()
    }

    /// Waits until everything is stored.
    pub(crate) async fn settle(&self) {
        self.driver.settled().await.unwrap();
    }

    /// Whether something waits to be stored.
    pub(crate) fn is_storing(&self) -> bool {
        let store = self.driver.store.as_ref();
        store.is_some_and(|store| !store.is_settled(u64::MAX))
    }

    /// Changes that are stored.
    pub(crate) fn commits(&self) -> usize {
        self.recorder.as_ref().map_or(0, Recorder::count)
    }

    /// Reads all closed runs that were not read yet.
    pub(super) fn load(&self) {
        while self.driver.load_some(1).unwrap() {}
    }

    /// All runs.
    pub(crate) fn run_ids(&self) -> Vec<String> {
        self.load();
        let rows = self.driver.directory.index().rows();
        rows.into_iter().map(|row| row.run_id.to_string()).collect()
    }

    /// The run that is asked when none is named, if there is one.
    pub(super) fn newest_run(&self, workflow_id: &str) -> Option<String> {
        let entry = self.driver.find(&self.namespace, workflow_id).ok()?;
        let chain = entry.lock();
        chain.cells.last().map(|cell| cell.run.run_id().to_string())
    }

    /// One that goes on.
    pub(super) fn with(seed: u64, kept: Opened) -> Self {
        Self::beginning(seed, kept, START)
    }

    fn beginning(seed: u64, kept: Opened, shown: Duration) -> Self {
        // packed at once, so that whatever is played is played with packed runs
        let limits = Limits {
            unpacked_runs: 0,
            ..Limits::default()
        };
        Self::limited(seed, kept, shown, limits)
    }

    fn limited(seed: u64, kept: Opened, shown: Duration, limits: Limits) -> Self {
        let directory = Directory::kept(kept.store.clone(), &kept.loaded).unwrap();
        let settings = Settings {
            retention: Duration::from_secs(24 * 3600),
            ..Settings::default()
        };
        if directory.resolve("default").is_err() {
            let id = "00000000-0000-4000-8000-000000000001".into();
            directory
                .write(|namespaces| namespaces.register("default", id, settings))
                .unwrap();
        }
        let directory = Arc::new(directory);
        let options = DriverOptions {
            time_skipping: true,
            time_locked: true,
            start_time: Some(SystemTime::UNIX_EPOCH + shown),
            seed: Some(seed),
            limits,
        };
        let driver = Driver::start(directory.clone(), options, Some(kept)).unwrap();
        let namespace = directory.resolve("default").unwrap();
        let service = Service {
            driver: driver.clone(),
            directory,
            cluster_id: String::new(),
        };
        let (closing, closed) = watch::channel(false);
        let front = Front::new(service, TimeSkipping::Locked, closed);
        Self {
            driver,
            client: WorkflowServiceClient::new(front.clone()),
            front,
            namespace,
            seed,
            recorder: None,
            told: 0,
            after: None,
            _closing: closing,
        }
    }

    pub(super) fn is_open(&self, workflow_id: &str, run_id: &str) -> bool {
        let is_open = |chain: &mut Chain| {
            let mut cells = chain.cells.iter();
            let open = cells.find(|cell| **cell.run.run_id() == *run_id);
            open.is_some_and(|cell| matches!(&cell.run, Resident::Here(run) if run.is_running()))
        };
        let entry = self.driver.find(&self.namespace, workflow_id);
        entry.is_ok_and(|entry| is_open(&mut entry.lock()))
    }

    /// Whether the newest run is followed by others whatever it does.
    pub(super) fn has_cron(&self, workflow_id: &str) -> bool {
        let entry = self.driver.find(&self.namespace, workflow_id);
        entry.is_ok_and(|entry| {
            let mut chain = entry.lock();
            let newest = chain.newest().unwrap();
            newest.is_some_and(|run| !run.start.cron_schedule.is_empty())
        })
    }

    /// The ids of all workflows, in order.
    pub(super) fn workflow_ids(&self) -> Vec<String> {
        self.load();
        let shards = self.driver.entries.iter();
        let mut ids: Vec<String> = shards
            .flat_map(|shard| {
                let shard = held(shard);
                let ids = shard.all().map(|entry| entry.workflow_id.to_string());
                ids.collect::<Vec<_>>()
            })
            .collect();
        ids.sort();
        ids
    }

    /// What is still under way when every run has ended.
    pub(super) fn leftovers(&self) -> Vec<String> {
        let driver = &self.driver;
        let mut left = Vec::new();
        let timers = held(&driver.timers).in_order();
        left.extend(timers.iter().map(|(_, timer)| format!("{timer:?}")));
        let count = |what: &str, count: usize| (count > 0).then(|| format!("{count} {what}"));
        left.extend(count("open runs", held(&driver.open_runs).len()));
        left.extend(count("updates", held(&driver.updates).len()));
        left.extend(count("queries", held(&driver.queries).len()));
        if !driver.skipping.is_at_rest() {
            left.push(format!("{:?}", driver.skipping));
        }
        left
    }

    /// Everything that must survive, as text: runs, timers, and what lists show.
    pub(super) fn dump(&self) -> String {
        self.load();
        let mut entries = Vec::new();
        for shard in &self.driver.entries {
            entries.extend(held(shard).all().cloned());
        }
        entries.sort_by_key(|entry| entry.workflow_id.clone());
        let mut text = String::new();
        // Numbers may differ.
        let mut runs = BTreeMap::new();
        for entry in entries {
            let mut chain = entry.lock();
            for place in 0..chain.cells.len() {
                chain.read_back(place).unwrap();
            }
            for cell in &chain.cells {
                let run = format!("{:#?}", *cell.run);
                // What a request does before it is known whether it is refused.
                let lines = run.lines().filter(|line| {
                    let line = line.trim_start();
                    !line.starts_with("transitions:") && !line.starts_with("batch_is_open:")
                });
                runs.insert(cell.serial, cell.run.run_id.clone());
                lines.for_each(|line| {
                    text.push_str(line);
                    text.push('\n');
                });
            }
        }
        let table = held(&self.driver.schedules.table);
        for (key, entry) in &table.open {
            text.push_str(&format!("{key:?} {:#?}\n", held(&entry.schedule)));
        }
        text.push_str(&format!("gone: {:?}\n", table.gone));
        let timers = held(&self.driver.timers).in_order();
        let timers = timers.into_iter().map(|(at, timer)| {
            let timer = match timer {
                TimerKey::Schedule(number) => format!("{:?}", table.numbers.get(&number)),
                TimerKey::Run(number, timer) => format!("{:?} {timer:?}", runs.get(&number)),
                other => format!("{other:?}"),
            };
            format!("{} {timer}\n", at.as_nanos())
        });
        text.extend(timers.collect::<BTreeSet<String>>());
        drop(table);
        let rows = self.driver.directory.index().dump();
        text.push_str(&rows);
        text
    }
}
