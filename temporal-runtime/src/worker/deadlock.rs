//! Finds workflow code that does not give its thread back. Time is asked of a clock that a test may drive; what is done
//! about stuck code is decided elsewhere.

use std::{
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::workflow::Probe;

/// How long one activation may take, by which clock.
#[derive(Debug, Clone)]
pub(crate) struct Detector {
    /// Not set: it may take for ever.
    pub(super) timeout: Option<Duration>,
    clock: Clock,
}

#[derive(Debug, Clone)]
enum Clock {
    Real(Instant),
    #[cfg(test)]
    Driven(Arc<tokio::sync::watch::Sender<Duration>>),
}

impl Clock {
    fn now(&self) -> Duration {
        match self {
            Self::Real(origin) => origin.elapsed(),
            #[cfg(test)]
            Self::Driven(time) => *time.borrow(),
        }
    }

    async fn sleep_until(&self, at: Duration) {
        match self {
            Self::Real(origin) => tokio::time::sleep_until((*origin + at).into()).await,
            #[cfg(test)]
            Self::Driven(time) => {
                // the sender is in `self`, so this only ends when it is time
                let _ = time.subscribe().wait_for(|now| *now >= at).await;
            }
        }
    }
}

/// One piece of work on a thread.
#[derive(Debug)]
pub(super) struct Watch {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Tells where the code is.
    probe: Option<Probe>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For a thread.
    Waiting,
    /// The current activation began then.
    Running(Duration),
    Over,
    WrittenOff,
}

/// What is known of code that is stuck.
#[derive(Debug)]
pub(super) struct Stuck {
    pub(super) timeout: Duration,
    /// Where the last operation was started, if there was one.
    pub(super) last_op: Option<&'static Location<'static>>,
}

impl Detector {
    /// Code may take that long; for ever if it is not set.
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        Self {
            timeout,
            clock: Clock::Real(Instant::now()),
        }
    }

    #[cfg(test)]
    pub(super) fn off() -> Self {
        Self::new(None)
    }

    /// A detector whose time passes only when the test says so.
    #[cfg(test)]
    pub(crate) fn driven(timeout: Duration) -> (Self, Arc<tokio::sync::watch::Sender<Duration>>) {
        let time = Arc::new(tokio::sync::watch::Sender::new(Duration::ZERO));
        let detector = Self {
            timeout: Some(timeout),
            clock: Clock::Driven(time.clone()),
        };
        (detector, time)
    }

    pub(super) fn watch(&self) -> Arc<Watch> {
        Arc::new(Watch {
            clock: self.clock.clone(),
            state: Mutex::new(State {
                phase: Phase::Waiting,
                probe: None,
            }),
        })
    }

    /// Ends when the code has been at one activation for too long; it is written off then.
    pub(super) async fn strike(&self, watch: &Watch) -> Stuck {
        let Some(timeout) = self.timeout else {
            return std::future::pending().await;
        };
        loop {
            let now = self.clock.now();
            let phase = watch.phase();
            let until = match phase {
                // a thread that comes free may begin it at any moment
                Phase::Waiting => now + timeout,
                Phase::Running(since) => since + timeout,
                Phase::Over | Phase::WrittenOff => return std::future::pending().await,
            };
            if until <= now
                && let Some(last_op) = watch.write_off_since(until - timeout)
            {
                return Stuck { timeout, last_op };
            }
            self.clock.sleep_until(until).await;
        }
    }
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        // nothing panics while it is locked
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phase(&self) -> Phase {
        self.state().phase
    }

    /// The work begins, or an activation of it does.
    pub(super) fn begin(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        if state.phase != Phase::WrittenOff {
            state.phase = Phase::Running(now);
        }
    }

    /// Whom to ask where the code is.
    pub(super) fn see(&self, probe: Probe) {
        self.state().probe = Some(probe);
    }

    /// The work is done. False if it was written off before: then nobody may see what came of it.
    pub(super) fn end(&self) -> bool {
        let mut state = self.state();
        if state.phase == Phase::WrittenOff {
            return false;
        }
        state.phase = Phase::Over;
        true
    }

    /// Gives the work up, unless it is over or went on since then.
    fn write_off_since(&self, since: Duration) -> Option<Option<&'static Location<'static>>> {
        let mut state = self.state();
        if state.phase != Phase::Running(since) {
            return None;
        }
        state.phase = Phase::WrittenOff;
        let probe = state.probe.take();
        drop(state);
        Some(probe.and_then(|probe| probe.last_op()))
    }

    /// Gives the work up as it is.
    #[cfg(test)]
    pub(super) fn write_off(&self) -> Option<()> {
        match self.phase() {
            Phase::Running(since) => self.write_off_since(since).map(drop),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Duration = Duration::from_secs(2);

    #[tokio::test]
    async fn who_goes_on_is_not_stuck() {
        let (detector, time) = Detector::driven(TWO);
        let watch = detector.watch();
        watch.begin();
        time.send_replace(Duration::from_secs(1));
        watch.begin();
        let mut strike = std::pin::pin!(detector.strike(&watch));
        time.send_replace(TWO);
        assert!(
            poll(strike.as_mut()).await.is_none(),
            "the second activation began at 1 s"
        );
        time.send_replace(Duration::from_secs(3));
        let stuck = strike.await;
        assert_eq!(stuck.timeout, TWO);
        assert!(!watch.end(), "it comes back too late");
    }

    #[tokio::test]
    async fn work_that_waits_for_a_thread_or_is_over_is_never_stuck() {
        let (detector, time) = Detector::driven(TWO);
        let watch = detector.watch();
        {
            let mut strike = std::pin::pin!(detector.strike(&watch));
            for seconds in [2, 10, 100] {
                time.send_replace(Duration::from_secs(seconds));
                assert!(poll(strike.as_mut()).await.is_none());
            }
        }
        watch.begin();
        assert!(watch.end());
        time.send_replace(Duration::from_secs(1000));
        let mut strike = std::pin::pin!(detector.strike(&watch));
        assert!(poll(strike.as_mut()).await.is_none());
    }

    async fn poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(match future.as_mut().poll(cx) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
