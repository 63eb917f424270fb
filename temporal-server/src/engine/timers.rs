//! One ordered queue of everything that is due later. Never looks at a clock: the driver says what time it is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::effect::RunTimer;
use super::time::Time;

/// Whose timer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    /// A timer of a run, which the driver has numbered.
    Run(u64, RunTimer),
    /// The end of a sleep that somebody waits for.
    Sleep(u64),
    /// A schedule, which the driver has numbered, has something to do.
    Schedule(u64),
}

/// Timers by due time, and among equals by the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeMap<(Time, u64), TimerKey>,
    places: BTreeMap<TimerKey, (Time, u64)>,
    sequence: u64,
}

impl Timers {
    /// Sets a timer, or moves it.
    pub(crate) fn set(&mut self, key: TimerKey, at: Time) {
        self.clear(key);
        self.sequence += 1;
        let place = (at, self.sequence);
        self.queue.insert(place, key);
        self.places.insert(key, place);
    }

    /// Clears a timer; none is fine.
    pub(crate) fn clear(&mut self, key: TimerKey) {
        if let Some(place) = self.places.remove(&key) {
            self.queue.remove(&place);
        }
    }

    /// Clears all timers of a run.
    pub(crate) fn clear_run(&mut self, run: u64) {
        let first = TimerKey::Run(run, RunTimer::FirstTask);
        let keys: Vec<TimerKey> = self
            .places
            .range(first..)
            .map(|(key, _)| *key)
            .take_while(|key| matches!(key, TimerKey::Run(owner, _) if *owner == run))
            .collect();
        for key in keys {
            self.clear(key);
        }
    }

    /// Makes all timers of a run due so much sooner.
    pub(crate) fn hasten_run(&mut self, run: u64, sooner: Duration) {
        let first = TimerKey::Run(run, RunTimer::FirstTask);
        let keys: Vec<(TimerKey, Time)> = self
            .places
            .range(first..)
            .map(|(key, (at, _))| (*key, *at))
            .take_while(|(key, _)| matches!(key, TimerKey::Run(owner, _) if *owner == run))
            .collect();
        for (key, at) in keys {
            self.set(key, at.minus(sooner));
        }
    }

    /// All timers, by due time and then by whose they are.
    #[cfg(test)]
    pub(crate) fn in_order(&self) -> Vec<(Time, TimerKey)> {
        let mut timers: Vec<_> = self
            .queue
            .iter()
            .map(|((at, _), key)| (*at, *key))
            .collect();
        timers.sort();
        timers
    }

    /// When the next timer is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<TimerKey> {
        let (&place, &key) = self.queue.iter().next()?;
        if place.0 > now {
            return None;
        }
        self.queue.remove(&place);
        self.places.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> Time {
        Time::from_nanos(nanos)
    }

    #[test]
    fn timers_are_due_in_order_of_time_then_of_setting() {
        let mut timers = Timers::default();
        timers.set(TimerKey::Run(1, RunTimer::User(5)), at(20));
        timers.set(TimerKey::Run(2, RunTimer::Run), at(10));
        timers.set(TimerKey::Sleep(1), at(10));
        assert_eq!(timers.next_due(), Some(at(10)));
        assert_eq!(timers.pop_due(at(9)), None);
        assert_eq!(
            timers.pop_due(at(30)),
            Some(TimerKey::Run(2, RunTimer::Run))
        );
        assert_eq!(timers.pop_due(at(30)), Some(TimerKey::Sleep(1)));
        assert_eq!(
            timers.pop_due(at(30)),
            Some(TimerKey::Run(1, RunTimer::User(5)))
        );
        assert_eq!(timers.next_due(), None);
    }

    #[test]
    fn a_cleared_or_moved_timer_leaves_nothing_that_time_could_jump_to() {
        let mut timers = Timers::default();
        timers.set(TimerKey::Run(1, RunTimer::WorkflowTask), at(10));
        timers.set(TimerKey::Run(1, RunTimer::WorkflowTask), at(50));
        assert_eq!(timers.next_due(), Some(at(50)));
        timers.set(TimerKey::Run(1, RunTimer::User(3)), at(20));
        timers.set(TimerKey::Run(2, RunTimer::Run), at(60));
        timers.clear_run(1);
        assert_eq!(timers.next_due(), Some(at(60)));
    }
}
