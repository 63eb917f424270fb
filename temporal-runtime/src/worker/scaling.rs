//! How many polls of one kind are open: a fixed number, or as many as the service suggests. Never polls itself.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::client::Code;

/// How many polls of one kind are open at once.
///
/// ```
/// use temporal_runtime::{PollerBehavior, WorkerOptions};
///
/// let options = WorkerOptions::new()
///     .activity_pollers(PollerBehavior::autoscaling(1, 100))
///     .workflow_pollers(10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollerBehavior {
    /// So many.
    Fixed(usize),
    /// As the service suggests with its answers; fewer when it has no task.
    Autoscaling {
        /// Never fewer; at least 1.
        minimum: usize,
        /// Never more.
        maximum: usize,
        /// So many in the beginning.
        initial: usize,
    },
}

impl PollerBehavior {
    /// Between these; 5 in the beginning, as in the other SDKs.
    #[must_use]
    pub const fn autoscaling(minimum: usize, maximum: usize) -> Self {
        Self::Autoscaling {
            minimum,
            maximum,
            initial: 5,
        }
    }

    const fn most(self) -> usize {
        match self {
            Self::Fixed(polls) => polls,
            Self::Autoscaling { maximum, .. } => maximum,
        }
    }

    /// For a queue that only gets some of the polls: so many at most, and at least one.
    pub(super) fn bounded(self, most: usize) -> Self {
        let most = most.max(1);
        match self {
            Self::Fixed(polls) => Self::Fixed(polls.clamp(1, most)),
            Self::Autoscaling {
                minimum,
                maximum,
                initial,
            } => {
                let minimum = minimum.clamp(1, most);
                let maximum = maximum.clamp(minimum, most);
                Self::Autoscaling {
                    minimum,
                    maximum,
                    initial: initial.clamp(minimum, maximum),
                }
            }
        }
    }

    /// The polls of the worker's own queue and of the shared one. Each poll holds a slot, so neither may take them all.
    pub(super) fn split(self, slots: usize) -> (Self, Self) {
        match self {
            Self::Fixed(polls) => {
                let polls = polls.clamp(2, slots.max(2));
                (Self::Fixed(polls / 2), Self::Fixed(polls - polls / 2))
            }
            Self::Autoscaling { .. } => {
                let own = slots / 2;
                (self.bounded(own), self.bounded(slots - own))
            }
        }
    }
}

impl From<usize> for PollerBehavior {
    fn from(polls: usize) -> Self {
        Self::Fixed(polls)
    }
}

/// How many polls of one kind may be open now.
#[derive(Debug)]
pub(super) struct Scaler {
    minimum: usize,
    maximum: usize,
    target: watch::Sender<usize>,
    /// The service has suggested something before: one that never does would never ask for more either.
    suggests: AtomicBool,
}

impl Scaler {
    pub(super) fn new(behavior: PollerBehavior) -> Self {
        let (minimum, initial) = match behavior {
            PollerBehavior::Fixed(polls) => (polls, polls),
            PollerBehavior::Autoscaling {
                minimum, initial, ..
            } => (minimum, initial),
        };
        Self {
            minimum,
            maximum: behavior.most(),
            target: watch::Sender::new(initial),
            suggests: AtomicBool::new(false),
        }
    }

    pub(super) const fn is_scaling(&self) -> bool {
        self.minimum != self.maximum
    }

    pub(super) const fn maximum(&self) -> usize {
        self.maximum
    }

    pub(super) fn target(&self) -> usize {
        *self.target.borrow()
    }

    /// Waits until the poller with this number, from 0, may poll.
    pub(super) async fn turn(&self, nth: usize) {
        // the sender is `self`, so this only ends when it may
        let _ = self
            .target
            .subscribe()
            .wait_for(|target| nth < *target)
            .await;
    }

    /// A poll was answered: with a task or without, and perhaps with a suggestion.
    pub(super) fn answered(&self, has_task: bool, suggestion: Option<i32>) {
        match suggestion {
            Some(delta) => {
                self.suggests.store(true, Ordering::Relaxed);
                let by = usize::try_from(delta.unsigned_abs()).unwrap_or(usize::MAX);
                if delta < 0 {
                    self.change(|target| target.saturating_sub(by));
                } else {
                    self.change(|target| target.saturating_add(by));
                }
            }
            None if !has_task && self.suggests.load(Ordering::Relaxed) => {
                self.change(|target| target.saturating_sub(1));
            }
            None => {}
        }
    }

    /// A poll was refused.
    pub(super) fn refused(&self, code: Code) {
        if code == Code::ResourceExhausted {
            self.change(|target| target / 2);
        }
    }

    fn change(&self, to: impl FnOnce(usize) -> usize) {
        self.target.send_if_modified(|target| {
            let before = *target;
            *target = to(before).clamp(self.minimum, self.maximum);
            *target != before
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_number_stays() {
        let scaler = Scaler::new(5.into());
        scaler.answered(true, Some(10));
        scaler.answered(false, Some(-10));
        scaler.refused(Code::ResourceExhausted);
        assert_eq!((scaler.target(), scaler.maximum()), (5, 5));
    }

    #[test]
    fn suggestions_are_followed_between_the_bounds() {
        let scaler = Scaler::new(PollerBehavior::autoscaling(2, 8));
        assert_eq!(scaler.target(), 5);
        scaler.answered(false, None);
        assert_eq!(
            scaler.target(),
            5,
            "a service that suggests nothing would never ask for more"
        );
        scaler.answered(true, Some(2));
        assert_eq!(scaler.target(), 7);
        scaler.answered(true, Some(100));
        assert_eq!(scaler.target(), 8);
        scaler.answered(false, None);
        assert_eq!(scaler.target(), 7);
        scaler.answered(true, None);
        assert_eq!(scaler.target(), 7, "a task is no reason to ask less");
        scaler.refused(Code::ResourceExhausted);
        assert_eq!(scaler.target(), 3);
        scaler.refused(Code::Unavailable);
        scaler.answered(false, Some(-100));
        assert_eq!(scaler.target(), 2);
    }

    #[tokio::test]
    async fn pollers_above_the_target_wait() {
        let scaler = Scaler::new(PollerBehavior::autoscaling(1, 10));
        scaler.turn(4).await;
        let mut sixth = std::pin::pin!(scaler.turn(5));
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(sixth.as_mut().poll(cx).is_ready()));
        assert!(!polled.await);
        scaler.answered(true, Some(1));
        sixth.await;
    }

    #[test]
    fn neither_queue_starves_however_few_slots_there_are() {
        for slots in 2..6 {
            for behavior in [
                PollerBehavior::Fixed(5),
                PollerBehavior::autoscaling(1, 100),
            ] {
                let (own, shared) = behavior.split(slots);
                assert!(
                    own.most() >= 1 && shared.most() >= 1,
                    "{behavior:?} {slots}"
                );
                assert!(own.most() + shared.most() <= slots, "{behavior:?} {slots}");
            }
        }
    }
}
