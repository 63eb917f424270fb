//! Failures that the service itself makes. Their texts are those of the real service.

use prost::Message as _;
use temporal_protos::common::Payloads;
use temporal_protos::enums::TimeoutType;
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::failure::{Failure, ServerFailureInfo, TimeoutFailureInfo};

/// How much of an activity's last failure is kept between attempts.
const KEPT_FAILURE_BYTES: usize = 4096;
/// How much of a text is kept of a failure that is too large.
const KEPT_TEXT_BYTES: usize = 1000;
const KEPT_STACK_BYTES: usize = 500;

/// A failure in the name of the service.
pub(crate) fn server(message: impl Into<String>) -> Failure {
    Failure {
        message: message.into(),
        source: String::new(),
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo {
            non_retryable: false,
        })),
        ..Default::default()
    }
}

/// A failure of the service that forbids a retry.
pub(crate) fn server_final(message: impl Into<String>) -> Failure {
    Failure {
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo {
            non_retryable: true,
        })),
        ..server(message)
    }
}

/// Something took too long.
pub(crate) fn timeout(
    message: impl Into<String>,
    kind: TimeoutType,
    last_heartbeat: Option<Payloads>,
) -> Failure {
    Failure {
        message: message.into(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: kind.into(),
            last_heartbeat_details: last_heartbeat,
        })),
        ..Default::default()
    }
}

/// A failure cut down to what is kept between the attempts of an activity.
pub(crate) fn kept(failure: &Failure) -> Failure {
    if failure.encoded_len() <= KEPT_FAILURE_BYTES {
        return failure.clone();
    }
    Failure {
        cause: Some(Box::new(truncated(failure))),
        ..server("Failure exceeds size limit.")
    }
}

/// The message and the stack of a failure, cut to a bounded size.
pub(crate) fn truncated(failure: &Failure) -> Failure {
    Failure {
        message: cut(&failure.message, KEPT_TEXT_BYTES),
        source: cut(&failure.source, KEPT_TEXT_BYTES),
        stack_trace: cut(&failure.stack_trace, KEPT_STACK_BYTES),
        failure_info: match &failure.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => {
                Some(FailureInfo::ApplicationFailureInfo(
                    temporal_protos::failure::ApplicationFailureInfo {
                        r#type: cut(&info.r#type, KEPT_TEXT_BYTES),
                        non_retryable: info.non_retryable,
                        ..Default::default()
                    },
                ))
            }
            _ => None,
        },
        ..Default::default()
    }
}

fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.into();
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}
