//! A driver with a store, played by a seeded program of requests.

mod program;
mod restart;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use tokio::sync::watch;

use super::{Driver, DriverOptions, held};
use crate::directory::Directory;
use crate::engine::limits::Limits;
use crate::engine::namespace::Settings;
use crate::engine::surroundings::Namespace;
use crate::engine::timers::TimerKey;
use crate::options::TimeSkipping;
use crate::service::{Front, Service};
use crate::store::scratch::Nowhere;
use crate::store::{Batch, Disk, DiskError, Opened, Store};

/// Numbers that follow from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl From<u64> for Random {
    fn from(seed: u64) -> Self {
        Self(seed)
    }
}

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Never twice the same, so that no two timers are due at once.
    pub(super) fn duration(&mut self, seconds: u64) -> Duration {
        Duration::from_secs(self.below(seconds)) + Duration::from_nanos(1 + self.below(999_999_999))
    }
}

/// The changes that so many steps of a program make.
pub(crate) async fn played(seed: u64, steps: u64) -> Vec<Batch> {
    let (mut world, recorder) = World::recorded(seed);
    let mut program = program::Program::new(seed);
    for _ in 0..steps {
        program.step(&mut world).await;
    }
    world.driver.settled().await.unwrap();
    recorder.batches()
}

/// Remembers changes in the order of their commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Batch>>>);

impl Recorder {
    pub(super) fn count(&self) -> usize {
        held(&self.0).len()
    }

    pub(super) fn batches(&self) -> Vec<Batch> {
        held(&self.0).clone()
    }
}

impl Disk for Recorder {
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        held(&self.0).extend(group.cloned());
        Ok(())
    }

    fn close(&mut self) {}
}

/// A service whose clock stands, and whose ids follow from a number.
pub(super) struct World {
    pub(super) driver: Arc<Driver>,
    pub(super) client: WorkflowServiceClient<Front>,
    pub(super) namespace: Arc<Namespace>,
    recorder: Option<Recorder>,
    /// What was there after so many commits, whenever a request was over.
    pub(super) after: BTreeMap<usize, String>,
    _closing: watch::Sender<bool>,
}

impl World {
    /// One that begins, and is recorded.
    pub(super) fn recorded(seed: u64) -> (Self, Recorder) {
        let recorder = Recorder::default();
        let kept = Opened {
            store: Store::start(
                Box::new(recorder.clone()),
                Box::new(Nowhere),
                "recorded".as_ref(),
            ),
            loaded: Default::default(),
        };
        let mut world = Self::with(seed, kept);
        world.recorder = Some(recorder.clone());
        (world, recorder)
    }

    /// A request is over: what is there now is remembered.
    pub(super) async fn note(&mut self) {
        // A reset brings back timers that are due at once.
        self.driver.fire_due();
        if let Some(recorder) = self.recorder.clone() {
            self.driver.settled().await.unwrap();
            let dump = self.dump();
            self.after.entry(recorder.count()).or_insert(dump);
        }
    }

    /// One that goes on.
    pub(super) fn with(seed: u64, kept: Opened) -> Self {
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
            start_time: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30)),
            seed: Some(seed),
            limits: Limits::default(),
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
            client: WorkflowServiceClient::new(front),
            namespace,
            recorder: None,
            after: BTreeMap::new(),
            _closing: closing,
        }
    }

    /// The ids of all workflows, in order.
    pub(super) fn workflow_ids(&self) -> Vec<String> {
        let shards = self.driver.entries.iter();
        let mut ids: Vec<String> = shards
            .flat_map(|shard| {
                let shard = held(shard);
                let ids = shard.values().map(|entry| entry.workflow_id.to_string());
                ids.collect::<Vec<_>>()
            })
            .collect();
        ids.sort();
        ids
    }

    /// Everything that must survive, as text: runs, timers, and what lists show.
    pub(super) fn dump(&self) -> String {
        let mut entries = Vec::new();
        for shard in &self.driver.entries {
            entries.extend(held(shard).values().cloned());
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
