//! Calls the code of an activity: async code on the runtime, plain functions on the blocking pool. A panic is a failure.

use std::{
    any::Any,
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use temporal_protos::{
    common::Payload as RawPayload,
    enums::ApplicationErrorCategory,
    failure::{Failure, failure::FailureInfo},
};
use tokio::sync::Semaphore;

use super::slots::Slot;
use crate::{
    activity::{
        ActivityAnswer, ActivityContext, ActivityError, ActivityFuture, ActivityInterceptors,
        ActivityResult, AttemptError, CompleteAsync, Invocation, Invoke,
    },
    convert::{Coding, RawValue},
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

/// Calls the activity, through the interceptors.
pub(super) async fn run(
    name: &'static str,
    invoke: Invoke,
    invocation: Invocation,
    arguments: Vec<RawPayload>,
    place: Place,
    interceptors: &ActivityInterceptors,
    coding: &Coding,
) -> Ended {
    let context = invocation.context.clone();
    let result = if interceptors.is_empty() {
        invoked(invoke, invocation, arguments, place).await
    } else {
        let call = Box::new(move |arguments| -> ActivityAnswer<'_> {
            let call = invoked(invoke, invocation, arguments, place);
            Box::pin(async { call.await.map(RawValue::new).map_err(ActivityError) })
        });
        match caught(|| interceptors.begin(&context, arguments, call)) {
            Ok(answer) => match Caught(answer).await {
                Ok(answer) => answer.map(RawValue::into_inner).map_err(|error| error.0),
                Err(text) => Err(AttemptError::Panicked(text)),
            },
            Err(text) => Err(AttemptError::Panicked(text)),
        }
    };
    let ended = match result {
        Ok(result) => Ended::Completed(result),
        Err(AttemptError::Failed(failed)) => ended(failed),
        Err(AttemptError::Abandoned) => Ended::Abandoned,
        Err(AttemptError::Panicked(text)) => Ended::Failed(application_failure(
            "Panic",
            format!("activity `{name}` panicked: {text}"),
            None,
        )),
    };
    if let Ended::Failed(failure) = &ended {
        log(&context, failure, coding);
    }
    ended
}

/// An attempt failed: who looks after the worker is told, but quietly if its error says that it should alarm nobody.
fn log(context: &ActivityContext, failure: &Failure, coding: &Coding) {
    let (info, told) = (context.info(), told(failure, coding));
    let benign = matches!(
        &failure.failure_info,
        Some(FailureInfo::ApplicationFailureInfo(info))
            if info.category() == ApplicationErrorCategory::Benign
    );
    if benign {
        tracing::debug!(
            activity_type = %info.activity_type, activity_id = %info.activity_id,
            workflow_id = %info.workflow_id, attempt = info.attempt,
            "an attempt failed as expected: {told}"
        );
    } else {
        tracing::warn!(
            activity_type = %info.activity_type, activity_id = %info.activity_id,
            workflow_id = %info.workflow_id, attempt = info.attempt,
            "an attempt failed: {told}"
        );
    }
}

/// What may be read of a failure: no more than its type, if its message is for the codec.
fn told<'a>(failure: &'a Failure, coding: &Coding) -> Cow<'a, str> {
    if !coding.encodes_messages() {
        return failure.message.as_str().into();
    }
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) if !info.r#type.is_empty() => {
            format!("`{}`, whose message is encoded", info.r#type).into()
        }
        _ => "an error whose message is encoded".into(),
    }
}

/// The slot that an attempt holds, and the threads of plain functions.
type Place = (Slot, Option<Arc<Semaphore>>);

/// Calls the activity itself. The slot is free again when its code no longer runs, which of a plain function may be
/// later than anybody waits for it.
async fn invoked(
    invoke: Invoke,
    invocation: Invocation,
    arguments: Vec<RawPayload>,
    (slot, threads): Place,
) -> Result<RawPayload, AttemptError> {
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
                Err(_) => return Err(AttemptError::Abandoned),
            }
        }
    };
    match result {
        Ok(result) => result.map_err(AttemptError::Failed),
        Err(text) => Err(AttemptError::Panicked(text)),
    }
}

async fn on_the_runtime(call: impl FnOnce() -> ActivityFuture) -> Result<ActivityResult, String> {
    match caught(call) {
        Ok(future) => Caught(future).await,
        Err(panic) => Err(panic),
    }
}

fn ended(failed: Failed) -> Ended {
    match failed {
        Failed::Returned(returned) if CompleteAsync::is_in(&*returned.error) => Ended::LeftOpen,
        Failed::Returned(returned) if is_cancelled(&*returned.error) => {
            Ended::Cancelled(returned.to_proto())
        }
        Failed::Returned(returned) => Ended::Failed(returned.to_proto()),
        Failed::Arguments(error) => Ended::Failed(error_to_proto(&error, None)),
        Failed::Output(error) => Ended::Failed(not_encodable(&error)),
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
struct Caught<'a, T>(Pin<Box<dyn Future<Output = T> + Send + 'a>>);

impl<T> Future for Caught<'_, T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match caught(|| self.0.as_mut().poll(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(text) => Poll::Ready(Err(text)),
        }
    }
}
