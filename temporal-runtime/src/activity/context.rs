//! What activity code sees of its attempt, and where injected values come from. Talks to nobody: the worker sends the
//! heartbeats that are recorded here, and tells of cancellations.

use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use temporal_protos::common::Payload as RawPayload;
use tokio::sync::watch;

use super::heartbeat::Heartbeats;
use crate::{
    convert::{Payload, json_payload},
    error::{Cancelled, Error, ErrorKind, Result},
    headers::Headers,
};

/// The attempt that runs: ask for it with a `&ActivityContext` parameter.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// async fn crawl(ctx: &ActivityContext, pages: u32) -> Result<u32> {
///     let done: u32 = ctx.heartbeat_details()?.unwrap_or(0);
///     for page in done..pages {
///         ctx.check_cancelled()?;
///         ctx.heartbeat(page);
///     }
///     Ok(pages)
/// }
///
/// let ctx = ActivityContext::for_test();
/// # let _ = crawl(&ctx, 3);
/// assert_eq!(ctx.info().attempt, 1);
/// ```
///
/// Clones are of the same attempt: give one to code that needs a value of its own, such as `spawn_blocking`.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    pub(super) info: ActivityInfo,
    details: Vec<RawPayload>,
    heartbeats: Arc<Heartbeats>,
    cancellation: watch::Sender<Option<CancelReason>>,
}

/// What an attempt knows of itself.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ActivityInfo {
    /// The activity id, unique in its run.
    pub activity_id: String,
    /// The activity type.
    pub activity_type: String,
    /// The workflow that called it.
    pub workflow_id: String,
    /// The run that called it.
    pub run_id: String,
    /// The type of the workflow that called it.
    pub workflow_type: String,
    /// The namespace.
    pub namespace: String,
    /// The task queue it was taken from.
    pub task_queue: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When the workflow asked for it.
    pub scheduled_time: Option<SystemTime>,
    /// When this attempt was scheduled.
    pub attempt_scheduled_time: Option<SystemTime>,
    /// When this attempt was taken.
    pub started_time: Option<SystemTime>,
    /// Time for this attempt.
    pub start_to_close: Option<Duration>,
    /// Time for all attempts.
    pub schedule_to_close: Option<Duration>,
    /// Time between two heartbeats.
    pub heartbeat: Option<Duration>,
    /// Whether it runs in the workflow's own worker, inside the workflow task: its heartbeats go nowhere then, and a
    /// cancellation needs none.
    pub is_local: bool,
    /// The headers that came with the call; see [`ContextPropagator`](crate::ContextPropagator).
    pub headers: Headers,
    /// What completes the attempt from elsewhere.
    pub task_token: Vec<u8>,
}

/// Why an attempt should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CancelReason {
    /// The workflow asked for it.
    Requested,
    /// The service no longer waits for this attempt: it timed out, or the workflow closed.
    Gone,
    /// The activity was paused; it starts again later.
    Paused,
    /// The activity was reset; it starts again.
    Reset,
    /// Its time is over.
    TimedOut,
    /// The worker is shutting down.
    WorkerShutdown,
}

impl CancelReason {
    const fn text(self) -> &'static str {
        match self {
            Self::Requested => "the workflow asked for it",
            Self::Gone => "the service no longer waits for this attempt",
            Self::Paused => "the activity was paused",
            Self::Reset => "the activity was reset",
            Self::TimedOut => "its time is over",
            Self::WorkerShutdown => "the worker is shutting down",
        }
    }
}

impl ActivityContext {
    pub(crate) fn new(info: ActivityInfo, details: Vec<RawPayload>) -> Self {
        Self {
            info,
            details,
            heartbeats: Arc::default(),
            cancellation: watch::Sender::new(None),
        }
    }

    /// A context without a worker, for unit tests of activities.
    #[must_use]
    pub fn for_test() -> Self {
        let info = ActivityInfo {
            activity_id: "test".to_owned(),
            activity_type: "test".to_owned(),
            workflow_id: "test".to_owned(),
            run_id: "test".to_owned(),
            workflow_type: "test".to_owned(),
            namespace: "default".to_owned(),
            task_queue: "default".to_owned(),
            attempt: 1,
            ..ActivityInfo::default()
        };
        Self::new(info, Vec::new())
    }

    /// In a unit test: what an earlier attempt left behind, for [`heartbeat_details`](Self::heartbeat_details).
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn with_heartbeat_details(mut self, details: impl Payload) -> Result<Self> {
        self.details = vec![details.encode()?];
        Ok(self)
    }

    /// In a unit test: asks the activity to stop.
    pub fn cancel_for_test(&self) {
        self.cancel(CancelReason::Requested);
    }

    /// In a unit test: the details of the last heartbeat.
    ///
    /// # Errors
    /// They are of another type.
    pub fn last_heartbeat<T: Payload>(&self) -> Result<Option<T>> {
        self.heartbeats.last().map(T::decode).transpose()
    }

    /// What the attempt knows of itself.
    #[must_use]
    pub const fn info(&self) -> &ActivityInfo {
        &self.info
    }

    /// Tells the service that the attempt is alive, with details that the next attempt can read. Cheap: only the
    /// latest details are sent, at most every 80 % of the heartbeat timeout.
    pub fn heartbeat(&self, details: impl Serialize) {
        match json_payload(&details) {
            Ok(payload) => self.heartbeats.record(payload),
            // The error may quote them.
            Err(_) => tracing::warn!(
                activity_type = %self.info.activity_type, activity_id = %self.info.activity_id,
                "the details of a heartbeat have no form in JSON, and it is not sent"
            ),
        }
    }

    /// The details of the last heartbeat of an earlier attempt.
    ///
    /// # Errors
    /// They are of another type.
    pub fn heartbeat_details<T: Payload>(&self) -> Result<Option<T>> {
        self.details.first().cloned().map(T::decode).transpose()
    }

    /// Whether the attempt should stop. It hears of that with its heartbeats.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel_reason().is_some()
    }

    /// Why the attempt should stop.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<CancelReason> {
        *self.cancellation.borrow()
    }

    /// Fails if the attempt should stop: `ctx.check_cancelled()?;` in a loop.
    ///
    /// # Errors
    /// The attempt should stop. Returning this error ends a cancelled activity as cancelled.
    pub fn check_cancelled(&self) -> Result<()> {
        match self.cancel_reason() {
            Some(reason) => Err(cancelled(reason)),
            None => Ok(()),
        }
    }

    /// Waits until the attempt should stop, and gives the error to return then.
    pub async fn cancelled(&self) -> Error {
        let mut receiver = self.cancellation.subscribe();
        // the sender is `self`, so there is always an answer
        let reason = receiver
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|r| *r);
        cancelled(reason.unwrap_or(CancelReason::Gone))
    }

    /// The first reason counts.
    pub(crate) fn cancel(&self, reason: CancelReason) {
        self.cancellation.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some(reason);
            }
            first
        });
    }

    pub(crate) const fn heartbeats(&self) -> &Arc<Heartbeats> {
        &self.heartbeats
    }
}

fn cancelled(reason: CancelReason) -> Error {
    Error::new(ErrorKind::Cancelled, "the activity was cancelled")
        .with_source(Cancelled(reason.text().to_owned()))
}

/// Values that activities share, by type: an `Arc<T>` for each `T`.
pub(crate) type StateMap = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// One call of an activity: where its `&T` parameters come from.
#[derive(Clone)]
pub struct Invocation {
    pub(crate) state: Arc<StateMap>,
    pub(crate) context: Arc<ActivityContext>,
}

impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invocation")
    }
}

impl Invocation {
    /// The activity context, or a value given to the `App`.
    ///
    /// # Panics
    /// The value is missing; start-up checks for that.
    #[must_use]
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Arc<T> {
        let context: &dyn Any = &self.context;
        if let Some(context) = context.downcast_ref::<Arc<T>>() {
            return context.clone();
        }
        self.state
            .get(&TypeId::of::<T>())
            .and_then(|any| any.downcast_ref::<Arc<T>>())
            .cloned()
            .unwrap_or_else(|| {
                panic!(
                    "no `{}` was given to the App: add `.state(..)` with one",
                    type_name::<T>()
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_heartbeat_can_be_read_in_a_test() {
        let ctx = ActivityContext::for_test();
        assert_eq!(ctx.last_heartbeat::<u32>().unwrap(), None);
        ctx.heartbeat(1);
        ctx.heartbeat(2);
        assert_eq!(ctx.last_heartbeat::<u32>().unwrap(), Some(2));
    }

    #[test]
    fn the_next_attempt_reads_the_details() {
        let ctx = ActivityContext::for_test()
            .with_heartbeat_details(7_u32)
            .unwrap();
        assert_eq!(ctx.heartbeat_details::<u32>().unwrap(), Some(7));
        assert!(ctx.heartbeat_details::<String>().is_err());
    }

    #[tokio::test]
    async fn a_cancelled_attempt_hears_of_it_in_every_way() {
        let ctx = ActivityContext::for_test();
        assert!(ctx.check_cancelled().is_ok());
        ctx.cancel_for_test();
        assert!(ctx.is_cancelled() && ctx.check_cancelled().is_err());
        assert!(ctx.cancelled().await.is_cancelled());
        ctx.cancel(CancelReason::WorkerShutdown);
        assert_eq!(ctx.cancel_reason(), Some(CancelReason::Requested));
    }
}
