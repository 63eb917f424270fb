//! What the recorded workflows give back about errors, in the words of the SDK that recorded them.

use serde_json::{Value, json};
use temporal_runtime::{Error, Failure, FailureKind, RetryState, TimeoutType};

/// The error and its causes, outermost first.
pub(super) fn chain(error: &Error) -> Vec<String> {
    error
        .failure()
        .into_iter()
        .flat_map(Failure::chain)
        .map(|failure| format!("{}: {}", kind(failure), failure.message()))
        .collect()
}

/// As [`chain`], with the retry state before it.
pub(super) fn chain_with_retry_state(error: &Error) -> Vec<String> {
    let state = error
        .failure()
        .map_or(RetryState::Unspecified, Failure::retry_state);
    let state = match state {
        RetryState::NonRetryableFailure => "NON_RETRYABLE_FAILURE",
        RetryState::MaximumAttemptsReached => "MAXIMUM_ATTEMPTS_REACHED",
        RetryState::Timeout => "TIMEOUT",
        other => panic!("no recorded activity ends with {other:?}"),
    };
    std::iter::once(state.to_owned())
        .chain(chain(error))
        .collect()
}

/// The type of the timeout and the last heartbeat's details.
pub(super) fn timeout(error: &Error) -> Value {
    let cause = error.failure().and_then(Failure::cause);
    let Some(cause) = cause else {
        panic!("a timeout has a cause: {error:?}")
    };
    let kind = match cause.kind() {
        FailureKind::Timeout(TimeoutType::StartToClose) => "START_TO_CLOSE",
        FailureKind::Timeout(TimeoutType::ScheduleToStart) => "SCHEDULE_TO_START",
        FailureKind::Timeout(TimeoutType::ScheduleToClose) => "SCHEDULE_TO_CLOSE",
        FailureKind::Timeout(TimeoutType::Heartbeat) => "HEARTBEAT",
        other => panic!("{other:?} is no timeout"),
    };
    let details: Vec<Value> = cause
        .details()
        .iter()
        .map(|d| d.decode().unwrap_or_default())
        .collect();
    json!([kind, details])
}

/// "cancelled", "failed", or what was given.
pub(super) fn outcome(result: temporal_runtime::Result<String>) -> String {
    match result {
        Ok(value) => value,
        Err(error) if error.is_cancelled() => "cancelled".to_owned(),
        Err(_) => "failed".to_owned(),
    }
}

fn kind(failure: &Failure) -> &str {
    match failure.kind() {
        FailureKind::Application => failure.error_type().unwrap_or_default(),
        FailureKind::Activity => "ActivityError",
        FailureKind::ChildWorkflow => "ChildWorkflowError",
        FailureKind::Timeout(_) => "TimeoutError",
        FailureKind::Canceled => "CancelledError",
        FailureKind::Terminated => "TerminatedError",
        other => panic!("no recorded error is {other:?}"),
    }
}
