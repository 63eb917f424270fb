//! Errors and failures: an error of Rust becomes a failure on the wire, and a failure becomes an error again, with
//! type, message, cause, details and flags kept, whichever SDK reads or wrote it.

mod activity;
mod application;
mod encoded_attributes;
#[cfg(test)]
mod tests;

use std::{error::Error as StdError, fmt, time::Duration};

use temporal_protos::{
    enums::{
        ApplicationErrorCategory, RetryState as ProtoRetryState, TimeoutType as ProtoTimeoutType,
    },
    failure::{self as proto, ApplicationFailureInfo, CanceledFailureInfo, failure::FailureInfo},
};

pub(crate) use self::activity::{application_failure, as_application_failure};
pub use self::application::ApplicationError;
use crate::{
    convert::{RawValue, last_segment, std_duration},
    error::{Cancelled, Error, ErrorKind, Returned, chain},
};

/// What the other SDKs call a failure: why an activity, a workflow, an update did not end well.
///
/// Its [`source`](StdError::source) is its cause. `Display` is its message.
///
/// ```
/// use temporal_runtime::{Failure, RetryState, prelude::*};
///
/// # #[activity(start_to_close = "30s")] async fn charge(cents: u64) -> Result<String> { Ok(cents.to_string()) }
/// #[workflow]
/// async fn pay(wf: &mut Wf, cents: u64) -> Result<String> {
///     let error = match wf.execute(charge::with(cents)).await {
///         Ok(receipt) => return Ok(receipt),
///         Err(error) => error,
///     };
///     // around it stands that of the activity, with its id and how its retries ended
///     match error.failure().and_then(Failure::application) {
///         Some(said) if said.error_type() == Some("CardExpired") => Ok("pays later".into()),
///         _ => Err(error),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    proto: Box<proto::Failure>,
    cause: Option<Box<Self>>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// User code failed.
    Application,
    /// Something took too long.
    Timeout(TimeoutType),
    /// It was cancelled.
    Canceled,
    /// It was terminated.
    Terminated,
    /// The service itself failed.
    Server,
    /// A reset ended it.
    ResetWorkflow,
    /// An activity failed; its cause says why.
    Activity,
    /// A child workflow failed; its cause says why.
    ChildWorkflow,
    /// A Nexus operation failed; its cause says why.
    NexusOperation,
    /// Of a kind that this version does not know.
    Unknown,
}

/// Which time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeoutType {
    /// One attempt.
    StartToClose,
    /// Until a worker took it.
    ScheduleToStart,
    /// All attempts.
    ScheduleToClose,
    /// Between two heartbeats.
    Heartbeat,
    /// Of a kind that this version does not know.
    Unknown,
}

/// Why there was no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryState {
    /// Not told.
    Unspecified,
    /// It is being retried.
    InProgress,
    /// The failure is not retryable.
    NonRetryableFailure,
    /// There was no time left.
    Timeout,
    /// All attempts were used up.
    MaximumAttemptsReached,
    /// There is no retry policy.
    RetryPolicyNotSet,
    /// The service failed.
    InternalServerError,
    /// Its cancellation was asked for.
    CancelRequested,
}

impl Failure {
    pub(crate) fn from_proto(mut failure: proto::Failure) -> Self {
        encoded_attributes::restore(&mut failure);
        let cause = failure.cause.take().map(|c| Box::new(Self::from_proto(*c)));
        Self {
            proto: Box::new(failure),
            cause,
        }
    }

    pub(crate) fn to_proto(&self) -> proto::Failure {
        let mut failure = (*self.proto).clone();
        failure.cause = self.cause.as_ref().map(|c| Box::new(c.to_proto()));
        failure
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match &self.proto.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(_)) => FailureKind::Application,
            Some(FailureInfo::TimeoutFailureInfo(info)) => {
                FailureKind::Timeout(timeout_type(info.timeout_type))
            }
            Some(FailureInfo::CanceledFailureInfo(_)) => FailureKind::Canceled,
            Some(FailureInfo::TerminatedFailureInfo(_)) => FailureKind::Terminated,
            Some(FailureInfo::ServerFailureInfo(_)) => FailureKind::Server,
            Some(FailureInfo::ResetWorkflowFailureInfo(_)) => FailureKind::ResetWorkflow,
            Some(FailureInfo::ActivityFailureInfo(_)) => FailureKind::Activity,
            Some(FailureInfo::ChildWorkflowExecutionFailureInfo(_)) => FailureKind::ChildWorkflow,
            Some(FailureInfo::NexusOperationExecutionFailureInfo(_)) => FailureKind::NexusOperation,
            _ => FailureKind::Unknown,
        }
    }

    /// The message alone, without the causes'.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.proto.message
    }

    /// What caused it.
    #[must_use]
    pub fn cause(&self) -> Option<&Self> {
        self.cause.as_deref()
    }

    /// This failure and its causes, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |f| f.cause.as_deref())
    }

    /// The first application failure, here or among the causes: what user code said.
    #[must_use]
    pub fn application(&self) -> Option<&Self> {
        self.chain().find(|f| f.kind() == FailureKind::Application)
    }

    /// The type of an application failure, such as the name of the error type that was returned.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        match &self.proto.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => Some(&info.r#type),
            _ => None,
        }
    }

    /// Whether it says that it must not be retried.
    #[must_use]
    pub fn is_non_retryable(&self) -> bool {
        match &self.proto.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => info.non_retryable,
            Some(FailureInfo::ServerFailureInfo(info)) => info.non_retryable,
            _ => false,
        }
    }

    /// The values that came with it.
    #[must_use]
    pub fn details(&self) -> Vec<RawValue> {
        let details = match &self.proto.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => info.details.as_ref(),
            Some(FailureInfo::CanceledFailureInfo(info)) => info.details.as_ref(),
            Some(FailureInfo::TimeoutFailureInfo(info)) => info.last_heartbeat_details.as_ref(),
            _ => None,
        };
        details.map_or_else(Vec::new, |d| {
            d.payloads.iter().cloned().map(RawValue::new).collect()
        })
    }

    /// The delay before the next attempt that an application failure asks for.
    #[must_use]
    pub fn next_retry_delay(&self) -> Option<Duration> {
        match &self.proto.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => {
                info.next_retry_delay.as_ref().map(std_duration)
            }
            _ => None,
        }
    }

    /// Whether it says that it should alarm nobody.
    #[must_use]
    pub fn is_benign(&self) -> bool {
        matches!(&self.proto.failure_info, Some(FailureInfo::ApplicationFailureInfo(info))
            if info.category() == ApplicationErrorCategory::Benign)
    }

    /// Why there was no further attempt, of an activity or child workflow.
    #[must_use]
    pub fn retry_state(&self) -> RetryState {
        match &self.proto.failure_info {
            Some(FailureInfo::ActivityFailureInfo(info)) => retry_state(info.retry_state),
            Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) => {
                retry_state(info.retry_state)
            }
            _ => RetryState::Unspecified,
        }
    }

    /// The id and type of the activity that failed.
    #[must_use]
    pub fn activity(&self) -> Option<(&str, &str)> {
        match &self.proto.failure_info {
            Some(FailureInfo::ActivityFailureInfo(info)) => Some((
                info.activity_id.as_str(),
                info.activity_type.as_ref().map_or("", |t| t.name.as_str()),
            )),
            _ => None,
        }
    }

    /// The id and type of the child workflow that failed.
    #[must_use]
    pub fn child_workflow(&self) -> Option<(&str, &str)> {
        match &self.proto.failure_info {
            Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) => Some((
                info.workflow_execution
                    .as_ref()
                    .map_or("", |e| e.workflow_id.as_str()),
                info.workflow_type.as_ref().map_or("", |t| t.name.as_str()),
            )),
            _ => None,
        }
    }

    /// Where it happened, in the words of the SDK that wrote it.
    #[must_use]
    pub fn stack_trace(&self) -> &str {
        &self.proto.stack_trace
    }

    /// Whether this very node is a cancellation.
    pub(crate) fn is_cancellation(&self) -> bool {
        self.kind() == FailureKind::Canceled
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.proto.message)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause
            .as_deref()
            .map(|c| c as &(dyn StdError + 'static))
    }
}

fn timeout_type(value: i32) -> TimeoutType {
    match ProtoTimeoutType::try_from(value) {
        Ok(ProtoTimeoutType::StartToClose) => TimeoutType::StartToClose,
        Ok(ProtoTimeoutType::ScheduleToStart) => TimeoutType::ScheduleToStart,
        Ok(ProtoTimeoutType::ScheduleToClose) => TimeoutType::ScheduleToClose,
        Ok(ProtoTimeoutType::Heartbeat) => TimeoutType::Heartbeat,
        _ => TimeoutType::Unknown,
    }
}

fn retry_state(value: i32) -> RetryState {
    match ProtoRetryState::try_from(value) {
        Ok(ProtoRetryState::InProgress) => RetryState::InProgress,
        Ok(ProtoRetryState::NonRetryableFailure) => RetryState::NonRetryableFailure,
        Ok(ProtoRetryState::Timeout) => RetryState::Timeout,
        Ok(ProtoRetryState::MaximumAttemptsReached) => RetryState::MaximumAttemptsReached,
        Ok(ProtoRetryState::RetryPolicyNotSet) => RetryState::RetryPolicyNotSet,
        Ok(ProtoRetryState::InternalServerError) => RetryState::InternalServerError,
        Ok(ProtoRetryState::CancelRequested) => RetryState::CancelRequested,
        _ => RetryState::Unspecified,
    }
}

/// Who wrote a failure.
const SOURCE: &str = "RustSDK";

impl Returned {
    /// The failure on the wire.
    pub(crate) fn to_proto(&self) -> proto::Failure {
        error_to_proto(&*self.error, Some(last_segment(self.type_name)))
    }
}

/// The failure that an error becomes. The first of our own errors in the chain decides; without one it is an
/// application failure with the error's text, the name of its type, and its causes.
pub(crate) fn error_to_proto(
    error: &(dyn StdError + 'static),
    type_name: Option<&str>,
) -> proto::Failure {
    if let Some(own) = chain(error).find_map(own_failure) {
        return own;
    }
    application(error, type_name)
}

fn own_failure(error: &(dyn StdError + 'static)) -> Option<proto::Failure> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Some(failure.to_proto());
    }
    if let Some(application) = error.downcast_ref::<ApplicationError>() {
        return Some(application.to_proto());
    }
    if let Some(cancelled) = error.downcast_ref::<Cancelled>() {
        return Some(canceled(&cancelled.to_string()));
    }
    let own = error.downcast_ref::<Error>()?;
    match own.kind() {
        // made from text: the text is all there is
        ErrorKind::Message if own.source().is_none() => Some(application(own, None)),
        ErrorKind::Cancelled if own.source().is_none() => Some(canceled(&own.to_string())),
        _ => None,
    }
}

fn application(error: &(dyn StdError + 'static), type_name: Option<&str>) -> proto::Failure {
    // an `Error` around a foreign one has its text and is not a cause of its own
    let shown = match error.downcast_ref::<Error>() {
        Some(own) if own.kind() == ErrorKind::Other => own.source().unwrap_or(error),
        _ => error,
    };
    let own = error.downcast_ref::<Error>();
    let info = ApplicationFailureInfo {
        r#type: type_name
            .filter(|t| *t != "Error" || own.is_none())
            .or_else(|| own.and_then(Error::foreign_type))
            .unwrap_or_default()
            .to_owned(),
        ..ApplicationFailureInfo::default()
    };
    proto::Failure {
        message: shown.to_string(),
        source: SOURCE.to_owned(),
        cause: shown.source().map(|c| Box::new(error_to_proto(c, None))),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..proto::Failure::default()
    }
}

pub(crate) fn canceled(message: &str) -> proto::Failure {
    proto::Failure {
        message: message.to_owned(),
        source: SOURCE.to_owned(),
        failure_info: Some(FailureInfo::CanceledFailureInfo(
            CanceledFailureInfo::default(),
        )),
        ..proto::Failure::default()
    }
}

/// The failure of a task of ours: not of user code's making.
pub(crate) fn task_failure(message: &str, cause: Option<proto::Failure>) -> proto::Failure {
    proto::Failure {
        message: message.to_owned(),
        source: SOURCE.to_owned(),
        cause: cause.map(Box::new),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo::default(),
        )),
        ..proto::Failure::default()
    }
}
