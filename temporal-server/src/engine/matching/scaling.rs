//! What a queue suggests to workers that ask how many polls they should have open. Time is an argument.

use std::time::Duration;

use crate::engine::time::Time;

/// A poll that has waited so long shows that there are polls enough.
const IDLE: Duration = Duration::from_secs(1);
/// A task that has waited so long shows that there are too few.
const OLD_TASK: Duration = Duration::from_millis(200);
/// Between two suggestions to poll more, so that the next can know what the last has led to.
const PAUSE: Duration = Duration::from_millis(100);

/// What was suggested of late.
#[derive(Debug, Clone, Default)]
pub(super) struct Scaling {
    last: Option<Time>,
}

impl Scaling {
    /// For a poll that was given a task after it had `waited`, while the oldest task has been there for `backlog_age`.
    pub(super) fn suggest(
        &mut self,
        waited: Duration,
        backlog_age: Option<Duration>,
        now: Time,
    ) -> Option<i32> {
        if waited >= IDLE {
            return Some(-1);
        }
        let rests = self.last.is_some_and(|last| now.since(last) < PAUSE);
        if rests || backlog_age.is_none_or(|age| age <= OLD_TASK) {
            return None;
        }
        self.last = Some(now);
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_nanos(1_000_000_000_000);

    #[test]
    fn idle_polls_mean_fewer_and_old_tasks_mean_more() {
        let mut scaling = Scaling::default();
        let old = Some(Duration::from_millis(201));
        assert_eq!(scaling.suggest(IDLE, None, START), Some(-1));
        assert_eq!(scaling.suggest(IDLE, old, START), Some(-1));
        assert_eq!(scaling.suggest(Duration::ZERO, None, START), None);
        assert_eq!(scaling.suggest(Duration::ZERO, Some(OLD_TASK), START), None);
        assert_eq!(scaling.suggest(Duration::ZERO, old, START), Some(1));
        assert_eq!(
            scaling.suggest(Duration::ZERO, old, START),
            None,
            "it just did"
        );
        assert_eq!(
            scaling.suggest(Duration::ZERO, old, START.plus(PAUSE)),
            Some(1)
        );
    }
}
