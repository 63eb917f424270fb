//! An error of user code that says more than its text: type, details, flags.

use std::{error::Error as StdError, fmt, time::Duration};

use temporal_protos::{
    common::Payloads,
    enums::ApplicationErrorCategory,
    failure::{self as proto, ApplicationFailureInfo, failure::FailureInfo},
};

use super::{SOURCE, error_to_proto};
use crate::{
    convert::{Payload, RawValue, proto_duration},
    error::Result,
};

/// An error with a chosen type, details and flags.
///
/// ```
/// use temporal_runtime::{ApplicationError, Result};
///
/// fn charge(cents: u64) -> Result<()> {
///     if cents == 0 {
///         return Err(ApplicationError::new("nothing to charge").error_type("EmptyOrder").non_retryable().into());
///     }
///     Ok(())
/// }
/// assert_eq!(charge(0).unwrap_err().to_string(), "nothing to charge");
/// ```
#[derive(Debug)]
pub struct ApplicationError {
    message: String,
    error_type: String,
    non_retryable: bool,
    details: Vec<RawValue>,
    next_retry_delay: Option<Duration>,
    benign: bool,
    cause: Option<crate::error::BoxError>,
}

impl ApplicationError {
    /// An application error of no particular type, which may be retried.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            error_type: String::new(),
            non_retryable: false,
            details: Vec::new(),
            next_retry_delay: None,
            benign: false,
            cause: None,
        }
    }

    /// Sets the type: what retry policies and other SDKs tell errors apart by.
    #[must_use]
    pub fn error_type(mut self, error_type: impl Into<String>) -> Self {
        self.error_type = error_type.into();
        self
    }

    /// There will be no further attempt.
    #[must_use]
    pub const fn non_retryable(mut self) -> Self {
        self.non_retryable = true;
        self
    }

    /// Adds a value for whoever catches it.
    ///
    /// # Errors
    /// The value cannot be encoded.
    pub fn detail(mut self, value: impl Payload) -> Result<Self> {
        self.details.push(RawValue::encode(value)?);
        Ok(self)
    }

    /// Sets the delay before the next attempt, in place of the retry policy's.
    #[must_use]
    pub const fn next_retry_delay(mut self, delay: Duration) -> Self {
        self.next_retry_delay = Some(delay);
        self
    }

    /// It is expected, and should alarm nobody: from an activity, the worker logs it at the level `DEBUG` and not as a
    /// warning.
    #[must_use]
    pub const fn benign(mut self) -> Self {
        self.benign = true;
        self
    }

    /// Sets what caused it.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(super) fn to_proto(&self) -> proto::Failure {
        let category = if self.benign {
            ApplicationErrorCategory::Benign
        } else {
            ApplicationErrorCategory::Unspecified
        };
        let info = ApplicationFailureInfo {
            r#type: self.error_type.clone(),
            non_retryable: self.non_retryable,
            details: (!self.details.is_empty()).then(|| Payloads {
                payloads: self
                    .details
                    .iter()
                    .cloned()
                    .map(RawValue::into_inner)
                    .collect(),
            }),
            next_retry_delay: self.next_retry_delay.map(proto_duration),
            category: category.into(),
        };
        proto::Failure {
            message: self.message.clone(),
            source: SOURCE.to_owned(),
            cause: self
                .cause
                .as_ref()
                .map(|c| Box::new(error_to_proto(&**c, None))),
            failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
            ..proto::Failure::default()
        }
    }
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for ApplicationError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause
            .as_deref()
            .map(|c| c as &(dyn StdError + 'static))
    }
}
