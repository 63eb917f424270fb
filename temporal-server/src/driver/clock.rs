//! The virtual clock of one service: the machine's time plus an offset, and the locks that keep it from jumping.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::engine::time::Time;

/// A clock that runs as the machine's, and can jump ahead.
#[derive(Debug)]
pub(crate) struct Clock {
    /// None if it stands but for its jumps.
    began: Option<Instant>,
    base: Time,
    offset: AtomicI64,
}

impl Clock {
    /// A clock that shows `start`, or the machine's time, but nothing before `earliest`; and one that `stands` only
    /// jumps.
    pub(crate) fn new(start: Option<SystemTime>, earliest: Option<Time>, stands: bool) -> Self {
        let since_epoch = start
            .unwrap_or_else(SystemTime::now)
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let base = Time::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX / 2));
        Self {
            began: (!stands).then(Instant::now),
            base: earliest.map_or(base, |earliest| base.max(earliest)),
            offset: AtomicI64::new(0),
        }
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Time {
        let offset = u64::try_from(self.offset.load(Ordering::SeqCst)).unwrap_or(0);
        self.real().plus(Duration::from_nanos(offset))
    }

    /// The time without the jumps: for what people and machines outside do.
    pub(crate) fn real(&self) -> Time {
        let passed = self.began.map(|began| began.elapsed());
        self.base.plus(passed.unwrap_or_default())
    }

    /// Jumps ahead, so that it is `at`; never back.
    pub(crate) fn jump_to(&self, at: Time) {
        let ahead = at.since(self.real());
        let ahead = i64::try_from(ahead.as_nanos()).unwrap_or(i64::MAX);
        self.offset.fetch_max(ahead, Ordering::SeqCst);
    }
}

/// Whether time may be skipped now. All counts are of things that are under way.
#[derive(Debug, Default)]
pub(crate) struct Skipping {
    /// Whether this service skips time at all.
    enabled: bool,
    /// Locks that clients hold.
    locks: AtomicI64,
    /// Workflow tasks, queries and messages between workflows.
    work: AtomicI64,
    /// Activities that wait for a worker or run.
    activities: AtomicI64,
    /// Sleeps that go on while activities run.
    sleepers: AtomicI64,
}

impl Skipping {
    pub(crate) fn new(enabled: bool, locked: bool) -> Self {
        Self {
            enabled,
            locks: AtomicI64::new(i64::from(locked)),
            ..Self::default()
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether the clock may jump to the next timer.
    pub(crate) fn may_jump(&self) -> bool {
        let at = |count: &AtomicI64| count.load(Ordering::SeqCst);
        self.enabled
            && at(&self.locks) == 0
            && at(&self.work) == 0
            && (at(&self.activities) == 0 || at(&self.sleepers) > 0)
    }

    /// Whether there are workflow tasks, queries or messages between workflows under way.
    pub(crate) fn has_work(&self) -> bool {
        self.work.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn lock(&self) {
        self.locks.fetch_add(1, Ordering::SeqCst);
    }

    /// Gives a lock back; says whether there was one.
    pub(crate) fn unlock(&self) -> bool {
        self.locks
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |held| {
                (held > 0).then(|| held - 1)
            })
            .is_ok()
    }

    pub(crate) fn add_work(&self, count: i64) {
        self.work.fetch_add(count, Ordering::SeqCst);
    }

    pub(crate) fn add_activities(&self, count: i64) {
        self.activities.fetch_add(count, Ordering::SeqCst);
    }

    pub(crate) fn add_sleeper(&self, count: i64) {
        self.sleepers.fetch_add(count, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_164_time_jumps_only_while_nothing_is_under_way() {
        let skipping = Skipping::new(true, false);
        assert!(skipping.may_jump());
        skipping.add_work(1);
        assert!(!skipping.may_jump());
        skipping.add_work(-1);
        skipping.lock();
        assert!(!skipping.may_jump());
        assert!(skipping.unlock());
        assert!(skipping.may_jump());
    }

    #[test]
    fn rule_168_a_sleep_goes_on_while_an_activity_runs() {
        let skipping = Skipping::new(true, false);
        skipping.add_activities(1);
        assert!(!skipping.may_jump());
        skipping.add_sleeper(1);
        assert!(skipping.may_jump());
    }

    #[test]
    fn rule_169_there_are_no_more_unlocks_than_locks() {
        let skipping = Skipping::new(true, true);
        assert!(skipping.unlock());
        assert!(!skipping.unlock());
    }

    #[test]
    fn a_clock_that_stands_only_jumps() {
        let start = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let clock = Clock::new(Some(start), None, true);
        assert_eq!(clock.now(), Time::from_nanos(1_000_000_000_000_000));
        clock.jump_to(Time::from_nanos(1_000_000_000_000_007));
        assert_eq!(clock.now(), Time::from_nanos(1_000_000_000_000_007));
    }

    #[test]
    fn a_jump_never_goes_back() {
        let clock = Clock::new(None, None, false);
        let ahead = clock.now().plus(Duration::from_secs(100));
        clock.jump_to(ahead);
        assert!(clock.now() >= ahead);
        clock.jump_to(clock.real());
        assert!(clock.now() >= ahead);
    }
}
