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
    /// How far the machine's time has gone ahead of what has passed since.
    followed: AtomicI64,
    offset: AtomicI64,
}

/// How far the machine's time may be ahead before it is followed: clocks are put right by little all the time.
const TOLERANCE: Duration = Duration::from_secs(1);

fn since_epoch(shown: SystemTime) -> Time {
    let since = shown.duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX / 2))
}

impl Clock {
    /// A clock that shows `start`, or the machine's time, but nothing before `earliest`; and one that `stands` only
    /// jumps.
    pub(crate) fn new(start: Option<SystemTime>, earliest: Option<Time>, stands: bool) -> Self {
        let base = since_epoch(start.unwrap_or_else(SystemTime::now));
        Self {
            began: (!stands).then(Instant::now),
            base: earliest.map_or(base, |earliest| base.max(earliest)),
            followed: AtomicI64::new(0),
            offset: AtomicI64::new(0),
        }
    }

    /// The machine's time is this. Forward it is followed: it was put right, or the machine has slept, and what is due by
    /// now is due. Back it is not: time goes on at its own pace, ahead of the machine's until that has caught up, so
    /// nothing happens twice or waits longer than it should.
    pub(crate) fn follow(&self, shown: SystemTime) {
        let ahead = since_epoch(shown).since(self.real());
        if ahead >= TOLERANCE {
            let ahead = i64::try_from(ahead.as_nanos()).unwrap_or(0);
            self.followed.fetch_add(ahead, Ordering::SeqCst);
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
        let followed = u64::try_from(self.followed.load(Ordering::SeqCst)).unwrap_or(0);
        let passed = passed.unwrap_or_default() + Duration::from_nanos(followed);
        self.base.plus(passed)
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

    /// Whether nothing at all is under way.
    #[cfg(test)]
    pub(crate) fn is_at_rest(&self) -> bool {
        let at = |count: &AtomicI64| count.load(Ordering::SeqCst);
        at(&self.work) == 0 && at(&self.activities) == 0 && at(&self.sleepers) == 0
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
    fn the_machines_time_is_followed_forward_and_never_back() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let clock = Clock::new(Some(now), None, true);
        let shown = |seconds: i64| Time::from_nanos((1_000_000 + seconds) * 1_000_000_000);
        let hour = Duration::from_secs(3600);
        clock.follow(now + hour);
        assert_eq!((clock.real(), clock.now()), (shown(3600), shown(3600)));
        // Set back: nothing changes, not even when the machine's time goes on.
        clock.follow(now);
        clock.follow(now + hour / 2);
        assert_eq!(clock.now(), shown(3600));
        // It has caught up, and is followed again.
        clock.follow(now + hour + Duration::from_secs(5));
        assert_eq!(clock.now(), shown(3605));
        // A jump of time that is skipped comes on top.
        clock.jump_to(shown(10_000));
        clock.follow(now + 2 * hour);
        assert_eq!((clock.real(), clock.now()), (shown(7200), shown(13_595)));
    }

    #[test]
    fn a_clock_that_was_set_back_before_the_start_goes_on_where_it_stood() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let stored = since_epoch(now + Duration::from_secs(3600));
        let clock = Clock::new(Some(now), Some(stored), true);
        assert_eq!(clock.now(), stored);
        clock.follow(now + Duration::from_secs(10));
        assert_eq!(clock.now(), stored);
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
