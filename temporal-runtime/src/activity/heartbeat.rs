//! What an attempt said last, until it is sent. Only the latest details count; nothing here sends anything.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use temporal_protos::common::Payload as RawPayload;
use tokio::sync::Notify;

/// The heartbeats of one attempt.
#[derive(Debug, Default)]
pub(crate) struct Heartbeats {
    latest: Mutex<Latest>,
    recorded: Notify,
    listener: OnceLock<Listener>,
}

/// A unit test that hears every heartbeat.
struct Listener(Box<dyn Fn(RawPayload) + Send + Sync>);

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

#[derive(Debug, Default)]
struct Latest {
    details: Option<RawPayload>,
    unsent: bool,
}

impl Heartbeats {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        // nothing panics while it is locked
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first listener hears of all that follows; there is no second.
    pub(super) fn listen(&self, listener: impl Fn(RawPayload) + Send + Sync + 'static) {
        let _ = self.listener.set(Listener(Box::new(listener)));
    }

    pub(super) fn record(&self, details: RawPayload) {
        if let Some(listener) = self.listener.get() {
            listener.0(details.clone());
        }
        *self.latest() = Latest {
            details: Some(details),
            unsent: true,
        };
        self.recorded.notify_one();
    }

    pub(super) fn last(&self) -> Option<RawPayload> {
        self.latest().details.clone()
    }

    /// The details that were not sent yet, which count as sent from now on.
    pub(crate) fn take_unsent(&self) -> Option<RawPayload> {
        let mut latest = self.latest();
        if !std::mem::take(&mut latest.unsent) {
            return None;
        }
        latest.details.clone()
    }

    /// Waits for a heartbeat that was not sent yet, and takes its details.
    pub(crate) async fn next_unsent(&self) -> RawPayload {
        loop {
            if let Some(details) = self.take_unsent() {
                return details;
            }
            self.recorded.notified().await;
        }
    }
}
