//! A limit per second: each gets the next moment that is free. Never waits itself for longer than its turn.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// At most so many per second; no more at once than fall due.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Rate {
    /// None if there is no limit.
    pub(super) fn new(per_second: Option<f64>) -> Option<Self> {
        let per_second = per_second.filter(|rate| rate.is_finite() && *rate > 0.0)?;
        Some(Self {
            // a rate below one in a day is taken for that
            interval: Duration::from_secs_f64((1.0 / per_second).min(86_400.0)),
            next: Mutex::new(None),
        })
    }

    /// Waits for its turn.
    pub(super) async fn turn(&self) {
        tokio::time::sleep_until(self.claim(Instant::now())).await;
    }

    fn claim(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.interval);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_an_interval_apart_and_are_not_saved_up() {
        let rate = Rate::new(Some(4.0)).unwrap();
        let start = Instant::now();
        let quarter = Duration::from_millis(250);
        assert_eq!(rate.claim(start), start);
        assert_eq!(rate.claim(start), start + quarter);
        assert_eq!(rate.claim(start), start + 2 * quarter);
        let later = start + Duration::from_secs(60);
        assert_eq!(rate.claim(later), later);
        assert_eq!(
            rate.claim(later),
            later + quarter,
            "the minute of rest gives no burst"
        );
    }

    #[test]
    fn what_is_no_limit_limits_nothing() {
        for none in [None, Some(0.0), Some(f64::NAN), Some(f64::INFINITY)] {
            assert!(Rate::new(none).is_none());
        }
    }
}
