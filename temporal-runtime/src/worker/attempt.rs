//! Calls the code of an activity: async code on the runtime, plain functions on the blocking pool. A panic is a failure.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use temporal_protos::{
    common::Payload as RawPayload,
    failure::{Failure, failure::FailureInfo},
};
use tokio::sync::Semaphore;

use super::slots::Slot;
use crate::{
    activity::{ActivityFuture, ActivityResult, CompleteAsync, Invocation, Invoke},
    error::{Error, Failed, is_cancelled},
    failure::{application_failure, error_to_proto},
    panics,
};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ended {
    Completed(RawPayload),
    Failed(Failure),
    /// It returned an error with a cancellation in its chain.
    Cancelled(Failure),
    /// It returned [`CompleteAsync`]: somebody else ends it.
    LeftOpen,
    /// Its time was over before it ended.
    Abandoned,
}

/// Calls the activity. The slot is free again when its code no longer runs, which of a plain function may be later
/// than anybody waits for it.
pub(super) async fn run(
    name: &'static str,
    invoke: Invoke,
    invocation: Invocation,
    arguments: Vec<RawPayload>,
    (slot, threads): (Slot, Option<Arc<Semaphore>>),
) -> Ended {
    let result = match invoke {
        Invoke::Async(call) => {
            let _slot = slot;
            on_the_runtime(|| call(invocation, arguments)).await
        }
        Invoke::Mock(answer) => {
            let _slot = slot;
            on_the_runtime(|| answer(arguments)).await
        }
        Invoke::Blocking(call) => {
            let thread = match threads {
                // it is never closed
                Some(threads) => threads.acquire_owned().await.ok(),
                None => None,
            };
            let joined = tokio::task::spawn_blocking(move || {
                let _held = (slot, thread);
                caught(|| call(invocation, arguments))
            });
            match joined.await {
                Ok(result) => result,
                // the runtime is shutting down
                Err(_) => return Ended::Abandoned,
            }
        }
    };
    match result {
        Ok(result) => ended(result),
        Err(text) => Ended::Failed(application_failure(
            "Panic",
            format!("activity `{name}` panicked: {text}"),
            None,
        )),
    }
}

async fn on_the_runtime(call: impl FnOnce() -> ActivityFuture) -> Result<ActivityResult, String> {
    match caught(call) {
        Ok(future) => Caught(future).await,
        Err(panic) => Err(panic),
    }
}

fn ended(result: ActivityResult) -> Ended {
    match result {
        Ok(payload) => Ended::Completed(payload),
        Err(Failed::Returned(returned)) if CompleteAsync::is_in(&*returned.error) => {
            Ended::LeftOpen
        }
        Err(Failed::Returned(returned)) if is_cancelled(&*returned.error) => {
            Ended::Cancelled(returned.to_proto())
        }
        Err(Failed::Returned(returned)) => Ended::Failed(returned.to_proto()),
        Err(Failed::Arguments(error)) => Ended::Failed(error_to_proto(&error, None)),
        Err(Failed::Output(error)) => Ended::Failed(not_encodable(&error)),
    }
}

/// The activity has done its work: another attempt would do it again, only to end here again.
fn not_encodable(error: &Error) -> Failure {
    let mut failure = error_to_proto(error, Some("ResultNotEncodable"));
    if let Some(FailureInfo::ApplicationFailureInfo(info)) = &mut failure.failure_info {
        info.non_retryable = true;
    }
    failure
}

/// The text of a panic.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    panics::quietly(|| catch_unwind(AssertUnwindSafe(call)))
        .map_err(|panic: Box<dyn Any + Send>| panics::message(&*panic))
}

/// A future whose panic is its answer.
struct Caught(ActivityFuture);

impl Future for Caught {
    type Output = Result<ActivityResult, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match caught(|| self.0.as_mut().poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(text) => Poll::Ready(Err(text)),
        }
    }
}
