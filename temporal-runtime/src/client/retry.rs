//! When a call is made again. Knows no clock: elapsed time comes in, a delay goes out.

use std::time::Duration;

/// How calls of one kind are repeated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    first: Duration,
    factor: f64,
    cap: Duration,
    /// The last attempt is made after this long.
    give_up: Option<Duration>,
}

/// How much a delay may differ, so that many clients do not come back at the same moment.
const JITTER: f64 = 0.2;

impl Retry {
    /// Calls that somebody waits for.
    pub(super) const fn call(give_up: Duration) -> Self {
        Self {
            first: Duration::from_millis(100),
            factor: 1.7,
            cap: Duration::from_secs(5),
            give_up: Some(give_up),
        }
    }

    /// Polls: as long as the worker lives.
    pub(super) const POLL: Self = Self {
        first: Duration::from_millis(200),
        factor: 2.0,
        cap: Duration::from_secs(10),
        give_up: None,
    };

    /// How long to wait after that many attempts, or none if that was the last. `random` is from 0 up to 1.
    pub(super) fn delay(&self, attempts: u32, elapsed: Duration, random: f64) -> Option<Duration> {
        let exponent = i32::try_from(attempts.saturating_sub(1)).unwrap_or(i32::MAX);
        let plain =
            (self.first.as_secs_f64() * self.factor.powi(exponent)).min(self.cap.as_secs_f64());
        let delay = Duration::from_secs_f64(plain * (1.0 + JITTER * (2.0 * random - 1.0)));
        match self.give_up {
            Some(give_up) => {
                let left = give_up.saturating_sub(elapsed);
                (!left.is_zero()).then(|| delay.min(left))
            }
            None => Some(delay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Retry {
        Retry::call(Duration::from_secs(10))
    }

    #[test]
    fn calls_are_given_up_after_ten_seconds_however_the_delays_fall() {
        for random in [0.0, 0.5, 0.999] {
            let (mut elapsed, mut attempts) = (Duration::ZERO, 1);
            while let Some(delay) = call().delay(attempts, elapsed, random) {
                elapsed += delay;
                attempts += 1;
            }
            assert!((9..=10).contains(&attempts), "{attempts}");
            assert_eq!(elapsed, Duration::from_secs(10));
        }
    }

    #[test]
    fn polls_go_on_for_ever_and_not_slower_than_every_twelve_seconds() {
        let delay = Retry::POLL.delay(1_000_000, Duration::from_secs(86_400), 0.999);
        assert!(
            delay.is_some_and(|d| d <= Duration::from_secs(12)),
            "{delay:?}"
        );
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        let least = call().delay(1, Duration::ZERO, 0.0);
        let most = call().delay(1, Duration::ZERO, 1.0);
        assert_eq!(least, Some(Duration::from_millis(80)));
        assert_eq!(most, Some(Duration::from_millis(120)));
    }
}
