//! Schedules in the store: each is one record, changed with what it decides.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::entry::Chain;
use super::schedules::{Entry, GoneSchedule, Key};
use super::{Driver, held};
use crate::engine::execution::saved::Damaged;
use crate::engine::schedule::Schedule;
use crate::engine::schedule::saved::{StoredSchedule, StoredState};
use crate::engine::time::Time;
use crate::engine::timers::TimerKey;

/// What schedules are in the store.
const RECORD: &str = "schedule";

/// Namespace ids are UUIDs, so the first slash ends them.
fn name((namespace_id, schedule_id): &Key) -> String {
    format!("{namespace_id}/{schedule_id}")
}

impl Driver {
    /// A schedule has changed; `change` collects what is stored together.
    pub(super) fn keep_schedule(
        &self,
        change: &mut Chain,
        schedule: &Schedule,
        wake: Option<Time>,
    ) {
        let id = schedule.state.schedule_id.clone();
        let key = (schedule.namespace.id.clone(), id);
        self.keep_record(change, RECORD, &name(&key), || Some(schedule.save(wake)));
    }

    /// A schedule is gone, and is remembered as such.
    pub(super) fn keep_gone_schedule(&self, change: &mut Chain, gone: &GoneSchedule) {
        let place = self.next_serial();
        let (key, request_id) = (&gone.key, &gone.request_id);
        self.keep_record(change, RECORD, &name(key), || {
            Some(StoredSchedule::gone(&key.0, &key.1, request_id, place))
        });
    }

    /// Nothing is remembered of a schedule that is gone.
    pub(super) fn forget_gone_schedule(&self, change: &mut Chain, key: &Key) {
        self.keep_record(change, RECORD, &name(key), || None);
    }

    /// Goes on with the schedules that were stored.
    pub(super) fn restore_schedules(
        &self,
        records: &[(String, String, Bytes)],
    ) -> Result<(), Damaged> {
        let mut gone = Vec::new();
        let records = records.iter().filter(|(kind, ..)| kind == RECORD);
        for (_, _, body) in records {
            let stored = StoredSchedule::read(body.clone())?;
            let key = (stored.namespace_id, stored.schedule_id);
            let Some(namespace) = self.directory.by_id(&key.0) else {
                // The namespace was deleted, and the end came before its schedules were.
                self.forget_gone_schedule(&mut Chain::default(), &key);
                continue;
            };
            match stored.what {
                StoredState::Gone(place, request_id) => gone.push((place, key, request_id)),
                StoredState::Open(state, wake) => {
                    let schedule = Schedule::restore(namespace, *state)?;
                    self.restore_schedule(key, schedule, wake);
                }
            }
        }
        gone.sort();
        let gone = gone.into_iter();
        let gone = gone.map(|(_, key, request_id)| GoneSchedule { key, request_id });
        held(&self.schedules.table).gone.extend(gone);
        Ok(())
    }

    fn restore_schedule(&self, key: Key, schedule: Schedule, wake: Option<Time>) {
        let number = self.next_serial();
        if let Some(at) = wake {
            held(&self.timers).set(TimerKey::Schedule(number), at);
        }
        self.directory.show(schedule.visibility_row());
        let schedule = Mutex::new(Some(schedule));
        let mut table = held(&self.schedules.table);
        table.numbers.insert(number, key.clone());
        table.open.insert(key, Arc::new(Entry { number, schedule }));
    }
}
