//! Hands what was decided to the store, and begins with what a store holds of open runs.

use std::sync::Arc;

use bytes::Bytes;

use super::entry::{Cell, Chain, Entry};
use super::{Driver, held};
use crate::engine::effect::{Effect, Message, VisibilityRow};
use crate::engine::execution::Run;
use crate::engine::execution::saved::{Damaged, Pending};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;
use crate::engine::timers::TimerKey;
use crate::store::{Loaded, LoadedRun, Progress, Store, Unit};

/// A message on its way, with the number that it has in the store.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) number: u64,
    pub(super) message: Message,
}

impl Driver {
    /// Puts what has changed of a run into the change that is being made; nothing without a store. Comes before the
    /// effects: whoever hears of the change must find it in line.
    pub(super) fn keep(&self, entry: &Entry, chain: &mut Chain, place: usize) {
        let Some(store) = &self.store else { return };
        let cell = &mut chain.cells[place];
        let Some(mark) = &mut cell.mark else { return };
        if let Some(change) = cell.run.changes(mark) {
            let key = crate::store::RunKey {
                number: cell.serial,
                namespace_id: entry.namespace.id.clone(),
                workflow_id: entry.workflow_id.clone(),
                run_id: cell.run.run_id.clone(),
            };
            let row = change.closed.map(|_| cell.run.visibility_row());
            let number = cell.serial;
            let unit = self.unit(store, &mut chain.unit);
            unit.batch().runs.push((key, change));
            chain.cells[place].kept_at = unit.place();
            if let Some(row) = row {
                self.keep_row(entry, chain, (number, row));
            }
        }
    }

    /// Puts what lists show of a closed run into the change.
    pub(super) fn keep_row(
        &self,
        entry: &Entry,
        chain: &mut Chain,
        (number, row): (u64, VisibilityRow),
    ) {
        if let Some(store) = &self.store {
            let unit = self.unit(store, &mut chain.unit);
            let workflow_id = entry.workflow_id.clone();
            unit.batch().rows.push((number, workflow_id, row.save()));
        }
    }

    /// A run is gone.
    pub(super) fn drop_kept(&self, chain: &mut Chain, serial: u64) {
        self.loading.forget(serial);
        if let Some(store) = &self.store {
            let unit = self.unit(store, &mut chain.unit);
            unit.batch().removed.push(serial);
        }
    }

    /// Sends a message: it is stored with what caused it. Until it is delivered, time is not skipped: what caused it may
    /// have been the last work there was.
    pub(super) fn send(&self, chain: &mut Chain, message: Message) -> Sent {
        self.skipping.add_work(1);
        let number = self.next_serial();
        if let Some(store) = &self.store {
            let unit = self.unit(store, &mut chain.unit);
            unit.batch().sent.push((number, message.save()));
        }
        Sent { number, message }
    }

    /// Something that is neither a run nor a message has changed, or is gone.
    pub(super) fn keep_record(
        &self,
        change: &mut Chain,
        kind: &'static str,
        name: &str,
        body: impl FnOnce() -> Option<Bytes>,
    ) {
        if let Some(store) = &self.store {
            let batch = self.unit(store, &mut change.unit).batch();
            match body() {
                Some(body) => batch.put(kind, name, body),
                None => batch.remove(kind, name),
            }
        }
    }

    /// A message was taken: that is stored with what it did.
    pub(super) fn taken(&self, chain: &mut Chain, number: u64) {
        if let Some(store) = &self.store {
            let unit = self.unit(store, &mut chain.unit);
            unit.batch().delivered.push(number);
        }
    }

    fn unit<'a>(&self, store: &Arc<Store>, unit: &'a mut Option<Box<Unit>>) -> &'a mut Unit {
        let unit = unit.get_or_insert_with(|| Box::new(store.begin()));
        unit.batch().progress = Some(Progress {
            time: self.now(),
            serial: self.serial.load(std::sync::atomic::Ordering::Relaxed),
            ids: self.ids.state(),
        });
        unit
    }

    /// Refuses what would change something while the store takes no changes.
    pub(crate) fn check_writable(&self) -> Result<(), Refusal> {
        self.store
            .as_ref()
            .map_or(Ok(()), |store| store.check_writable())
    }

    /// Waits until everything is stored that an answer given now could tell of.
    pub(crate) async fn settled(&self) -> Result<(), Refusal> {
        match &self.store {
            Some(store) => store.settled().await,
            None => Ok(()),
        }
    }

    /// Waits until everything up to a place in line is stored.
    pub(super) async fn settled_up_to(&self, place: u64) -> Result<(), Refusal> {
        match &self.store {
            Some(store) => store.settled_up_to(place).await,
            None => Ok(()),
        }
    }

    /// Whether the store takes no changes at the moment: time waits with it.
    pub(super) fn store_is_failing(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.is_failing())
    }

    /// Writes what is there, and gives the file back. Waits for the disk.
    pub(crate) fn end(&self) {
        if let Some(store) = &self.store {
            store.end();
        }
    }

    /// Goes on with what a store holds: open runs, what they wait for, and messages on their way.
    pub(super) fn restore(&self, loaded: Loaded) -> Result<(), Damaged> {
        let mut timers = Vec::new();
        let mut tasks = Vec::new();
        for run in loaded.runs {
            let number = run.key.number;
            let Some(namespace) = self.directory.by_id(&run.key.namespace_id) else {
                // The namespace was deleted, and the end came before its runs were.
                self.drop_kept(&mut Chain::default(), number);
                continue;
            };
            let (entry, pending) = self.restore_run(&namespace, run)?;
            timers.extend(
                pending
                    .timers
                    .into_iter()
                    .map(|(at, timer)| (at, number, timer)),
            );
            tasks.extend(
                pending
                    .tasks
                    .into_iter()
                    .map(|(since, task)| (since, number, entry.clone(), task)),
            );
        }
        timers.sort();
        for (at, number, timer) in timers {
            held(&self.timers).set(TimerKey::Run(number, timer), at);
        }
        tasks.sort_by_key(|(since, number, ..)| (*since, *number));
        for (_, number, entry, task) in tasks {
            self.restore_task(&entry, number, task);
        }
        self.restore_schedules(&loaded.records)?;
        self.restore_limits(&loaded.records)?;
        self.restore_messages(loaded.messages)
    }

    fn restore_run(
        &self,
        namespace: &Arc<Namespace>,
        loaded: LoadedRun,
    ) -> Result<(Arc<Entry>, Pending), Damaged> {
        let number = loaded.key.number;
        let named = |damaged: Damaged| {
            Damaged(format!(
                "run {} of workflow \"{}\": {damaged}",
                loaded.key.run_id, loaded.key.workflow_id
            ))
        };
        let entry = self.known_or_made(namespace, &loaded.key.workflow_id);
        let (run, mark) = Run::from_stored(namespace.clone(), loaded.stored).map_err(named)?;
        if !run.is_running() {
            return Err(named(Damaged("it has ended without an end".into())));
        }
        let mut pending = run.pending();
        for (at, _) in &mut pending.timers {
            *at = at.minus(run.time_skipping.ahead);
        }
        self.directory.show(run.visibility_row());
        {
            let mut open = held(&self.open_runs);
            open.insert(number, &entry);
            open.weigh(number, run.memory_bytes(run.state_bytes()));
        }
        let mut cell = Cell::new(run, number);
        cell.mark = Some(Box::new(mark));
        self.count(&mut cell);
        entry.lock().add(cell);
        Ok((entry, pending))
    }

    fn restore_task(&self, entry: &Arc<Entry>, number: u64, task: Effect) {
        let mut chain = entry.lock();
        let Some(place) = chain.place_of(number) else {
            return;
        };
        // A task waits in its queue; it says nothing to others.
        let said = self.perform(entry, &mut chain, place, vec![task]);
        debug_assert!(said.is_empty(), "a task says nothing to others");
    }

    fn restore_messages(&self, messages: Vec<(u64, Bytes)>) -> Result<(), Damaged> {
        let mut outbox = Vec::new();
        for (number, stored) in messages {
            let namespace = |id: &str| {
                self.directory.by_id(id).unwrap_or_else(|| {
                    Arc::new(Namespace {
                        id: id.to_owned(),
                        name: String::new(),
                    })
                })
            };
            let message = Message::restore(stored, &namespace)?;
            self.skipping.add_work(1);
            outbox.push(Sent { number, message });
        }
        self.deliver(outbox);
        Ok(())
    }

    /// When the clock must begin at the earliest, so that no time is shown twice.
    pub(super) fn earliest_start(loaded: Option<&Loaded>) -> Option<Time> {
        loaded?.progress.map(|progress| progress.time)
    }
}
