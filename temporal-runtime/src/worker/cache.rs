//! The runs that a worker keeps between their tasks. A run has one owner at a time, and is not evicted while it has
//! one; of those that rest, the least recently used goes first.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::workflow::Run;

/// Keeps at most so many runs, of at most so many bytes; none at all with 0.
#[derive(Debug, Clone)]
pub(crate) struct RunCache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max: usize,
    max_bytes: usize,
    runs: Mutex<Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    by_id: HashMap<Arc<str>, Place>,
    /// The runs that rest, by their last use, oldest first.
    by_use: BTreeMap<u64, Arc<str>>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
enum Place {
    Resting {
        run: Box<Run>,
        used: u64,
        bytes: usize,
    },
    /// Somebody has it; who else wants it waits in line.
    Owned(VecDeque<oneshot::Sender<Owned>>),
}

/// The one owner of a run. What it holds when it is dropped goes back into the cache.
#[derive(Debug)]
pub(super) struct Owned {
    run: Option<Box<Run>>,
    /// None if nothing is kept.
    place: Option<(Arc<Shared>, Arc<str>)>,
}

impl RunCache {
    pub(super) fn new(max: usize, max_bytes: Option<usize>) -> Self {
        Self(Arc::new(Shared {
            max,
            max_bytes: max_bytes.unwrap_or(usize::MAX),
            runs: Mutex::default(),
        }))
    }

    pub(super) fn is_off(&self) -> bool {
        self.0.max == 0
    }

    /// How many runs are kept, those with an owner included.
    pub(crate) fn len(&self) -> usize {
        self.0.runs().by_id.len()
    }

    /// Waits until nobody else owns the run.
    pub(super) async fn own(&self, run_id: &str) -> Owned {
        let waiting = match self.0.claim(run_id) {
            Ok(owned) => return owned,
            Err(waiting) => waiting,
        };
        match waiting.await {
            Ok(owned) => owned,
            // cannot be: who owns it hands it on
            Err(_) => Owned {
                run: None,
                place: None,
            },
        }
    }
}

impl Shared {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        // nothing panics while it is locked
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(self: &Arc<Self>, run_id: &str) -> Result<Owned, oneshot::Receiver<Owned>> {
        if self.max == 0 {
            return Ok(Owned {
                run: None,
                place: None,
            });
        }
        let mut guard = self.runs();
        let runs = &mut *guard;
        let Some((id, _)) = runs.by_id.get_key_value(run_id) else {
            let id: Arc<str> = run_id.into();
            runs.by_id.insert(id.clone(), Place::Owned(VecDeque::new()));
            let evicted = runs.evict(self.max, self.max_bytes);
            drop(guard);
            if !evicted.is_empty() {
                discard(evicted);
            }
            return Ok(Owned {
                run: None,
                place: Some((self.clone(), id)),
            });
        };
        let id = id.clone();
        let Some(place) = runs.by_id.get_mut(run_id) else {
            return Ok(Owned {
                run: None,
                place: None,
            });
        };
        match std::mem::replace(place, Place::Owned(VecDeque::new())) {
            Place::Resting { run, used, bytes } => {
                runs.by_use.remove(&used);
                runs.bytes -= bytes;
                Ok(Owned {
                    run: Some(run),
                    place: Some((self.clone(), id)),
                })
            }
            Place::Owned(mut line) => {
                let (sender, receiver) = oneshot::channel();
                line.push_back(sender);
                *place = Place::Owned(line);
                Err(receiver)
            }
        }
    }

    /// An owner is done with a run: to the next in line, or to rest; a run that is no more leaves its place.
    fn release(self: &Arc<Self>, id: Arc<str>, mut run: Option<Box<Run>>) {
        loop {
            let mut guard = self.runs();
            let runs = &mut *guard;
            let next = match runs.by_id.get_mut(&id) {
                Some(Place::Owned(line)) => line.pop_front(),
                _ => None,
            };
            let Some(next) = next else {
                runs.rest(&id, run.take());
                let evicted = runs.evict(self.max, self.max_bytes);
                drop(guard);
                if !evicted.is_empty() {
                    discard(evicted);
                }
                return;
            };
            drop(guard);
            let place = Some((self.clone(), id.clone()));
            match next.send(Owned {
                run: run.take(),
                place,
            }) {
                Ok(()) => return,
                // who waited is gone: it must not release what it never had
                Err(mut owned) => {
                    owned.place = None;
                    run = owned.run.take();
                }
            }
        }
    }
}

impl Runs {
    fn rest(&mut self, id: &Arc<str>, run: Option<Box<Run>>) {
        let Some(run) = run else {
            self.by_id.remove(id);
            return;
        };
        self.clock += 1;
        let (used, bytes) = (self.clock, run.estimated_bytes());
        self.bytes += bytes;
        self.by_use.insert(used, id.clone());
        self.by_id
            .insert(id.clone(), Place::Resting { run, used, bytes });
    }

    /// Takes out what is too much. Those that are owned stay, however many there are.
    fn evict(&mut self, max: usize, max_bytes: usize) -> Vec<Place> {
        let mut evicted = Vec::new();
        while self.by_id.len() > max || self.bytes > max_bytes {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                break;
            };
            let place = self.by_id.remove(&oldest);
            if let Some(Place::Resting { bytes, .. }) = &place {
                self.bytes -= bytes;
            }
            evicted.extend(place);
        }
        evicted
    }
}

/// Dropping a run drops values of user code, which may take their time: not on the async runtime's threads.
fn discard<T: Send + 'static>(runs: T) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(runs))),
        Err(_) => drop(runs),
    }
}

impl Owned {
    pub(super) fn run(&self) -> Option<&Run> {
        self.run.as_deref()
    }

    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        self.run.as_deref_mut()
    }

    /// Takes the run out; without one given back, it is forgotten.
    pub(super) fn take(&mut self) -> Option<Box<Run>> {
        self.run.take()
    }

    pub(super) fn give_back(&mut self, run: Option<Box<Run>>) {
        self.run = run;
    }

    /// The run is no longer kept.
    pub(super) fn forget(&mut self) {
        if let Some(run) = self.run.take() {
            discard(run);
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        match self.place.take() {
            Some((cache, id)) => cache.release(id, self.run.take()),
            None => self.forget(),
        }
    }
}
