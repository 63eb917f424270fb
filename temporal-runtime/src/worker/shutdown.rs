//! The end of a worker: no more polls, then what runs may finish, then it is asked to stop, then it is left.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::Shared;
use crate::{
    activity::{ActivityContext, CancelReason},
    error::Result,
};

/// How long a cancelled activity may take to notice.
const FAREWELL: Duration = Duration::from_secs(2);

/// How often it is said what is waited for.
const REPORT: Duration = Duration::from_secs(5);

/// Asks workers to shut down. Clones share the request.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    pub(crate) fn request(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn requested(&self) {
        // the sender is `self`, so this only ends with a request
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}

/// The activities that run, to say what is waited for and to ask them to stop.
#[derive(Debug, Default)]
pub(super) struct Running {
    next: AtomicU64,
    activities: Mutex<BTreeMap<u64, Arc<ActivityContext>>>,
}

/// One activity that runs, until this is dropped.
pub(super) struct Entry<'a> {
    running: &'a Running,
    key: u64,
}

impl Running {
    fn activities(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<ActivityContext>>> {
        // nothing panics while it is locked
        self.activities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, context: Arc<ActivityContext>) -> Entry<'_> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        self.activities().insert(key, context);
        Entry { running: self, key }
    }

    fn cancel_all(&self) {
        for context in self.activities().values() {
            context.cancel(CancelReason::WorkerShutdown);
        }
    }

    /// "2 activities (charge, ship)".
    fn describe(&self) -> Option<String> {
        let activities = self.activities();
        let mut names: Vec<&str> = activities
            .values()
            .map(|context| context.info().activity_type.as_str())
            .collect();
        if names.is_empty() {
            return None;
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        let plural = if count == 1 { "activity" } else { "activities" };
        Some(format!("{count} {plural} ({})", names.join(", ")))
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.running.activities().remove(&self.key);
    }
}

impl Shared {
    /// Waits for the pollers, which wait for what they started, and for what started without them.
    pub(super) async fn drain(&self, pollers: &mut JoinSet<Result<()>>) {
        self.drain_everything(pollers).await;
        pollers.shutdown().await;
        tracing::debug!(task_queue = %self.plan.task_queue, "the worker has stopped");
    }

    async fn drain_everything(&self, pollers: &mut JoinSet<Result<()>>) {
        let everything = async {
            while pollers.join_next().await.is_some() {}
            // nothing starts any more; what is left when this is dropped ends with it
            let mut eager = self.eager.take();
            while eager.join_next().await.is_some() {}
        };
        let mut everything = std::pin::pin!(everything);
        let grace = Instant::now() + self.options.graceful_shutdown;
        if self.drain_until(everything.as_mut(), grace).await {
            return;
        }
        self.running.cancel_all();
        if let Some(left) = self.running.describe() {
            tracing::warn!("the grace period is over: {left} asked to stop");
        }
        let farewell = Instant::now() + FAREWELL;
        if !self.drain_until(everything.as_mut(), farewell).await
            && let Some(left) = self.running.describe()
        {
            tracing::warn!("{left} did not stop and will be retried by another worker");
        }
    }

    /// Whether all have ended by then.
    async fn drain_until(
        &self,
        mut everything: Pin<&mut impl Future<Output = ()>>,
        deadline: Instant,
    ) -> bool {
        let mut said = None;
        loop {
            let waiting = self.running.describe();
            if waiting.is_some() && waiting != said {
                let left = deadline.saturating_duration_since(Instant::now());
                tracing::info!(
                    "shutting down: waiting up to {:.0} s for {}",
                    left.as_secs_f64(),
                    waiting.as_deref().unwrap_or_default()
                );
                said = waiting;
            }
            tokio::select! {
                () = everything.as_mut() => return true,
                () = tokio::time::sleep_until(deadline) => return false,
                () = tokio::time::sleep(REPORT) => {}
            }
        }
    }
}
