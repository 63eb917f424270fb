//! The one task that lets time pass: fires timers that are due, sleeps until the next, or jumps to it.

use std::sync::Weak;
use std::time::{Duration, Instant, SystemTime};

use super::closed::SWEEP;
use super::{Driver, held};
use crate::engine::effect::RunTimer;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;
use crate::engine::timers::TimerKey;

/// How long the task sleeps at most, so that a driver that is gone ends it.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// How long time waits before it asks a store that takes no changes again.
const STORE_PATIENCE: Duration = Duration::from_millis(200);

/// Runs while the driver lives.
pub(super) async fn run_timers(driver: Weak<Driver>) {
    let mut swept: Option<Instant> = None;
    loop {
        let Some(strong) = driver.upgrade() else {
            return;
        };
        strong.follow_the_machine();
        if swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
            strong.drop_expired();
            swept = Some(Instant::now());
        }
        strong.fire_due();
        let next = held(&strong.timers).next_due();
        let wait = match next {
            Some(_) if strong.store_is_failing() => STORE_PATIENCE,
            Some(at) if strong.skipping.may_jump() => {
                strong.clock.jump_to(at);
                // Somebody else may have work to do before the next jump.
                drop(strong);
                tokio::task::yield_now().await;
                continue;
            }
            Some(at) => at.since(strong.now()).min(LONGEST_SLEEP),
            None => LONGEST_SLEEP,
        };
        // A notification that came since the timers were read is kept, so none is missed.
        let changed = strong.timers_changed.notified();
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

impl Driver {
    /// Follows the machine's clock, if it is what time comes from.
    fn follow_the_machine(&self) {
        if self.follows_machine {
            self.clock.follow(SystemTime::now());
        }
    }

    /// Fires what is due.
    pub(super) fn fire_due(&self) {
        let now = self.now();
        while !self.store_is_failing() {
            let due = held(&self.timers).pop_due(now);
            match due {
                Some(TimerKey::Run(serial, timer)) => self.fire_run_timer(serial, timer),
                Some(TimerKey::Sleep(id)) => {
                    if let Some(sleeper) = held(&self.sleeps).remove(&id) {
                        self.relock(sleeper.relocks);
                        // A sleeper that has gone needs no waking.
                        let _ = sleeper.wake.send(());
                    }
                }
                Some(TimerKey::Schedule(number)) => self.schedule_due(number),
                None => return,
            }
        }
    }

    /// Moves a clock that stands, whoever has something to do.
    #[cfg(test)]
    pub(super) fn jump(&self, ahead: Duration) {
        self.clock.jump_to(self.now().plus(ahead));
        self.fire_due();
    }

    fn fire_run_timer(&self, serial: u64, timer: RunTimer) {
        let entry = held(&self.open_runs).get(serial);
        let Some(entry) = entry else { return };
        let mut chain = entry.lock();
        let Some(place) = chain.place_of_present(serial) else {
            return;
        };
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let ((), effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            run.fire(ctx, timer);
        });
        let outbox = self.perform(&entry, &mut chain, place, effects);
        drop(chain);
        self.deliver(outbox);
    }

    /// Sets a timer, and wakes the task that fires it if it is the next.
    pub(super) fn set_timer(&self, key: TimerKey, at: Time) {
        let mut timers = held(&self.timers);
        let before = timers.next_due();
        timers.set(key, at);
        if before.is_none_or(|before| at < before) {
            self.timers_changed.notify_one();
        }
    }

    /// Keeps time from being skipped.
    pub(crate) fn lock_time_skipping(&self) {
        self.skipping.lock();
    }

    /// Gives back a lock.
    pub(crate) fn unlock_time_skipping(&self) -> Result<(), Refusal> {
        if !self.skipping.unlock() {
            return Err(Refusal::precondition("Unbalanced lock and unlock calls"));
        }
        self.timers_changed.notify_one();
        Ok(())
    }

    /// Waits until the clock shows this time.
    pub(crate) async fn sleep_until(&self, at: Time) {
        if at <= self.now() {
            return;
        }
        self.begin_sleep(at, false).wait().await;
    }

    /// Waits for so long, by the virtual clock.
    pub(crate) async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.now().plus(duration)).await;
    }

    /// Moves a clock that stands to the next timer, but not farther than so long, and fires what is due then. Does
    /// nothing while somebody has a workflow task to do.
    fn step(&self, longest: Duration) {
        if self.skipping.has_work() {
            return;
        }
        let end = self.now().plus(longest);
        let next = held(&self.timers).next_due();
        self.clock.jump_to(next.map_or(end, |at| at.min(end)));
        self.fire_due();
    }

    /// Gives back a lock for so long; then takes it again. Time passes even if activities run.
    pub(crate) async fn unlock_time_skipping_with_sleep(
        &self,
        duration: Duration,
    ) -> Result<(), Refusal> {
        if self.ids.are_seeded() {
            self.step(duration);
            return Ok(());
        }
        let sleep = self.begin_sleep(self.now().plus(duration), true);
        self.unlock_time_skipping()?;
        sleep.wait().await;
        Ok(())
    }

    /// Ends the liberties that a sleep has given to time.
    fn relock(&self, relocks: bool) {
        if relocks {
            self.skipping.lock();
            self.skipping.add_sleeper(-1);
        }
    }

    fn begin_sleep(&self, at: Time, relocks: bool) -> Sleep<'_> {
        let id = self.next_serial();
        let (wake, woken) = tokio::sync::oneshot::channel();
        held(&self.sleeps).insert(id, Sleeper { wake, relocks });
        self.skipping.add_sleeper(i64::from(relocks));
        self.set_timer(TimerKey::Sleep(id), at);
        Sleep {
            driver: self,
            id,
            woken,
        }
    }
}

/// A sleep that leaves nothing behind if it is given up.
struct Sleep<'a> {
    driver: &'a Driver,
    id: u64,
    woken: tokio::sync::oneshot::Receiver<()>,
}

impl Sleep<'_> {
    async fn wait(mut self) {
        // The sender is only dropped with the driver.
        drop((&mut self.woken).await);
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        held(&self.driver.timers).clear(TimerKey::Sleep(self.id));
        if let Some(sleeper) = held(&self.driver.sleeps).remove(&self.id) {
            self.driver.relock(sleeper.relocks);
        }
    }
}

/// Who sleeps, as the timers know it.
#[derive(Debug)]
pub(super) struct Sleeper {
    wake: tokio::sync::oneshot::Sender<()>,
    /// Whether time is locked again at the end of the sleep.
    relocks: bool,
}
