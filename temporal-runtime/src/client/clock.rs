//! The clock of a test environment: it skips while somebody waits for a result or sleeps, and stands otherwise.
//!
//! The service counts locks, and holds one from the start. However many wait at once, we take that one back once; and
//! what was begun is finished in a task of its own, because a wait may be given up at any point.

use std::{sync::Arc, time::Duration};

use temporal_protos::testservice::{
    LockTimeSkippingRequest, SleepRequest, UnlockTimeSkippingRequest,
};
use tokio::sync::Mutex;

use super::{Call, Client, RpcFailure};
use crate::{
    convert::proto_duration,
    error::{Error, ErrorKind, Result},
};

/// The clock of a test environment. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct SkippingClock {
    client: Client,
    /// How many wait for a result.
    waiting: Arc<Mutex<usize>>,
}

/// Time may be skipped as long as this lives.
pub(super) struct Unlocked(Option<SkippingClock>);

impl SkippingClock {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            waiting: Arc::default(),
        }
    }

    pub(super) async fn unlock(&self) -> Result<Unlocked> {
        let clock = self.clone();
        let unlocking = tokio::spawn(async move {
            let mut waiting = clock.waiting.lock().await;
            if *waiting == 0 {
                clock.send_unlock().await?;
            }
            *waiting += 1;
            drop(waiting);
            Ok(Unlocked(Some(clock)))
        });
        unlocking.await.unwrap_or_else(|error| {
            Err(Error::new(
                ErrorKind::Other,
                format!("time could not be unlocked: {error}"),
            ))
        })
    }

    /// Lets time pass, and no more than that if nobody waits for a result.
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "only tests skip time")
    )]
    pub(crate) async fn sleep(&self, time: Duration) -> Result<()> {
        let request = SleepRequest {
            duration: Some(proto_duration(time)),
        };
        let (connection, namespace) = (self.client.connection(), self.client.namespace());
        let waiting = self.waiting.lock().await;
        let slept = if *waiting == 0 {
            // whoever waits for a result now begins to when this ends
            connection
                .unlock_time_skipping_with_sleep(request, namespace, Call::LongPoll)
                .await
        } else {
            drop(waiting);
            connection.sleep(request, namespace, Call::LongPoll).await
        };
        slept.map(drop).map_err(|failure| failure.into_error(None))
    }

    async fn send_unlock(&self) -> Result<()> {
        let request = UnlockTimeSkippingRequest::default();
        self.client
            .connection()
            .unlock_time_skipping(request, self.client.namespace(), Call::Unary)
            .await
            .map(drop)
            .map_err(|failure| failure.into_error(None))
    }

    async fn send_lock(&self) -> Result<(), RpcFailure> {
        let request = LockTimeSkippingRequest::default();
        self.client
            .connection()
            .lock_time_skipping(request, self.client.namespace(), Call::Unary)
            .await
            .map(drop)
    }

    async fn lock(self) {
        let mut waiting = self.waiting.lock().await;
        *waiting -= 1;
        if *waiting == 0
            && let Err(failure) = self.send_lock().await
        {
            tracing::warn!("time could not be locked again: {}", failure.message);
        }
    }
}

impl Unlocked {
    /// Time stands again when this returns, unless somebody else waits.
    pub(super) async fn lock(mut self) {
        if let Some(clock) = self.0.take() {
            // finished even if the one who waits for it goes
            let _ = tokio::spawn(clock.lock()).await;
        }
    }
}

/// For a wait that was given up.
impl Drop for Unlocked {
    fn drop(&mut self) {
        if let (Some(clock), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(clock.lock());
        }
    }
}
