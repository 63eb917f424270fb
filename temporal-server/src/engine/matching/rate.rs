//! How many tasks a queue gives each second: as counted, and as limited by workers or by a request. Time is an argument.

use std::time::Duration;

use crate::engine::time::Time;

const BUCKETS: usize = 6;
const BUCKET_NANOS: i64 = 5_000_000_000;

/// The tasks of the last half minute, counted in pieces of five seconds. The piece that is not over does not count.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    /// The number of the current piece since the epoch.
    current: i64,
    /// The current piece first.
    counts: [u32; BUCKETS + 1],
}

impl Rate {
    pub(super) fn count(&mut self, now: Time) {
        self.advance(now);
        self.counts[0] = self.counts[0].saturating_add(1);
    }

    pub(super) fn per_second(&self, now: Time) -> f32 {
        let mut upto = self.clone();
        upto.advance(now);
        let tasks: f64 = upto.counts[1..].iter().map(|count| f64::from(*count)).sum();
        // a rate for people to look at
        #[expect(clippy::cast_possible_truncation, reason = "messages carry it so")]
        let rate = (tasks / 30.0) as f32;
        rate
    }

    fn advance(&mut self, now: Time) {
        let piece = now.as_nanos().div_euclid(BUCKET_NANOS);
        let passed = piece.saturating_sub(self.current);
        if passed <= 0 {
            return;
        }
        let by = usize::try_from(passed)
            .unwrap_or(usize::MAX)
            .min(self.counts.len());
        self.counts.rotate_right(by);
        self.counts[..by].fill(0);
        self.current = piece;
    }
}

/// Who has set the limit that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitSource {
    Request,
    Workers,
}

/// A limit as a request has set it, or taken it away.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LimitConfig {
    /// Tasks a second; zero for none at all.
    pub(crate) per_second: Option<f64>,
    pub(crate) reason: String,
    pub(crate) identity: String,
    pub(crate) at: Time,
}

/// The limit of a queue: a bucket that holds the tasks of one second, at least one.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit {
    workers: Option<f64>,
    config: Option<LimitConfig>,
    /// When the bucket would be full again.
    full_at: Time,
}

/// When a queue that gives nothing is asked again.
const PAUSED: Duration = Duration::from_millis(100);

impl Limit {
    pub(super) fn wanted_by_workers(&mut self, rate: Option<f64>) {
        self.workers = rate.filter(|rate| rate.is_finite() && *rate >= 0.0);
    }

    pub(super) fn configure(&mut self, change: LimitConfig) -> LimitConfig {
        self.config.insert(change).clone()
    }

    /// Takes away what a request has set. Returns whether there was something.
    pub(super) fn forget(&mut self) -> bool {
        self.config.take().is_some()
    }

    pub(super) fn config(&self) -> Option<&LimitConfig> {
        self.config.as_ref()
    }

    /// What holds: what a request has set goes before what workers want.
    pub(super) fn effective(&self) -> Option<(f64, LimitSource)> {
        let set = self.config.as_ref().and_then(|config| config.per_second);
        set.map(|rate| (rate, LimitSource::Request))
            .or_else(|| self.workers.map(|rate| (rate, LimitSource::Workers)))
    }

    /// Takes a task's share out of the bucket, or says when there will be one.
    pub(super) fn take(&mut self, now: Time) -> Result<(), Time> {
        let Some((rate, _)) = self.effective() else {
            return Ok(());
        };
        if let Some(until) = self.blocked_until(rate, now) {
            return Err(until);
        }
        self.full_at = self
            .full_at
            .max(now)
            .plus(Duration::from_secs_f64(1.0 / rate));
        Ok(())
    }

    /// Whether no task may go now.
    pub(super) fn blocks(&self, now: Time) -> bool {
        self.effective()
            .is_some_and(|(rate, _)| self.blocked_until(rate, now).is_some())
    }

    fn blocked_until(&self, rate: f64, now: Time) -> Option<Time> {
        // slower than one in a century is a pause
        if rate < 1e-9 {
            return Some(now.plus(PAUSED));
        }
        let burst = rate.ceil().max(1.0) - 1.0;
        let ahead = Duration::from_secs_f64(burst / rate);
        let missing = self.full_at.since(now).saturating_sub(ahead);
        (!missing.is_zero()).then(|| now.plus(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_nanos(1_000_000_000_000);

    fn after(millis: u64) -> Time {
        START.plus(Duration::from_millis(millis))
    }

    fn set(per_second: Option<f64>) -> LimitConfig {
        LimitConfig {
            per_second,
            reason: String::new(),
            identity: String::new(),
            at: START,
        }
    }

    #[test]
    fn a_second_holds_as_many_as_the_limit_says_in_one_go_or_one_by_one() {
        let mut limit = Limit::default();
        limit.wanted_by_workers(Some(4.0));
        for _ in 0..4 {
            assert_eq!(limit.take(START), Ok(()));
        }
        assert_eq!(limit.take(START), Err(after(250)));
        assert_eq!(limit.take(after(250)), Ok(()));
        assert_eq!(limit.take(after(250)), Err(after(500)));
        assert_eq!(limit.take(after(10_000)), Ok(()));
    }

    #[test]
    fn less_than_one_a_second_still_lets_one_go() {
        let mut limit = Limit::default();
        limit.wanted_by_workers(Some(0.5));
        assert_eq!(limit.take(START), Ok(()));
        assert_eq!(limit.take(START), Err(after(2000)));
    }

    #[test]
    fn what_a_request_sets_goes_first_and_zero_is_a_pause() {
        let mut limit = Limit::default();
        limit.wanted_by_workers(Some(4.0));
        limit.configure(set(Some(0.0)));
        assert_eq!(limit.effective(), Some((0.0, LimitSource::Request)));
        assert!(limit.blocks(START));
        limit.configure(set(None));
        assert_eq!(limit.effective(), Some((4.0, LimitSource::Workers)));
        assert!(!limit.blocks(START));
        assert_eq!(limit.config(), Some(&set(None)));
    }

    #[test]
    fn senseless_limits_of_workers_are_none() {
        let mut limit = Limit::default();
        for rate in [f64::NAN, f64::INFINITY, -1.0] {
            limit.wanted_by_workers(Some(rate));
            assert_eq!(limit.effective(), None);
        }
    }

    #[test]
    fn rates_are_of_the_half_minute_that_is_over() {
        let mut rate = Rate::default();
        for _ in 0..60 {
            rate.count(START);
        }
        let seen = |seconds: u64| rate.per_second(after(seconds * 1000));
        assert_eq!([seen(0), seen(5), seen(30), seen(35)], [0.0, 2.0, 2.0, 0.0]);
    }
}
