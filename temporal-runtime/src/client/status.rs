//! What a refused call says, and the [`Error`] it becomes. Knows gRPC's codes, but no transport.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use prost::Message;
use temporal_protos::{
    errordetails::{QueryFailedFailure, WorkflowExecutionAlreadyStartedFailure},
    google::rpc,
};

use super::tls::handshake;
use crate::{
    error::{Error, ErrorKind},
    failure::Failure,
};

/// A call that was not answered well.
#[derive(Debug, Clone)]
pub(crate) struct RpcFailure {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// `grpc-status-details-bin`, undecoded.
    pub(crate) details: Bytes,
    /// No service answered: the connection failed, or the answer did not come in time.
    pub(crate) transport: bool,
    pub(crate) rpc: &'static str,
    pub(crate) address: String,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    /// The two sides do not agree on TLS: the next attempt will fail as well.
    pub(crate) handshake: bool,
    /// It was not the service that failed: what the payload codec said.
    pub(crate) coding: Option<Arc<Error>>,
}

macro_rules! codes {
    ($($variant:ident = $number:literal, $name:literal;)*) => {
        /// A gRPC code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($variant,)* }

        impl Code {
            /// Numbers without a name are `Unknown`.
            pub(crate) const fn from_number(number: i32) -> Self {
                match number { $($number => Self::$variant,)* _ => Self::Unknown }
            }

            /// As gRPC writes it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

codes! {
    Ok = 0, "OK";
    Cancelled = 1, "CANCELLED";
    Unknown = 2, "UNKNOWN";
    InvalidArgument = 3, "INVALID_ARGUMENT";
    DeadlineExceeded = 4, "DEADLINE_EXCEEDED";
    NotFound = 5, "NOT_FOUND";
    AlreadyExists = 6, "ALREADY_EXISTS";
    PermissionDenied = 7, "PERMISSION_DENIED";
    ResourceExhausted = 8, "RESOURCE_EXHAUSTED";
    FailedPrecondition = 9, "FAILED_PRECONDITION";
    Aborted = 10, "ABORTED";
    OutOfRange = 11, "OUT_OF_RANGE";
    Unimplemented = 12, "UNIMPLEMENTED";
    Internal = 13, "INTERNAL";
    Unavailable = 14, "UNAVAILABLE";
    DataLoss = 15, "DATA_LOSS";
    Unauthenticated = 16, "UNAUTHENTICATED";
}

/// How the service says that a message is over its limit; asking again would change nothing (contract rule 2).
const TOO_LARGE: &str = "grpc: received message larger than max";

/// What it may mean that a service ends a connection with TLS.
const NO_CERTIFICATE: &str = "so a service ends it that asks for a certificate which it does not get: give one with `TlsOptions::client_cert`";

/// The other side has ended the connection: it speaks TLS and we do not, or misses a certificate, or goes away. How that
/// is told depends on what was on its way.
fn is_closed(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    [
        "connection closed",
        "closed connection",
        "connection reset",
        "broken pipe",
        "unexpected eof",
        "unexpected end of file",
    ]
    .iter()
    .any(|words| reason.contains(words))
}

impl RpcFailure {
    /// Whether the same call may well succeed later (contract rule 121).
    pub(crate) fn is_retryable(&self) -> bool {
        if self.is_too_large() {
            return false;
        }
        self.transport
            || matches!(
                self.code,
                Code::DataLoss
                    | Code::Internal
                    | Code::Unknown
                    | Code::ResourceExhausted
                    | Code::Aborted
                    | Code::OutOfRange
                    | Code::Unavailable
            )
    }

    /// Says what it means if nobody could be met because of TLS, and what to do.
    pub(crate) fn explained(mut self, encrypted: bool) -> Self {
        let closed = is_closed(&self.message);
        let meaning = if encrypted {
            handshake(&self.message).or_else(|| closed.then_some(NO_CERTIFICATE))
        } else {
            // the service's alert is no frame
            (closed || self.message.contains("frame with invalid size"))
                .then_some("does the service speak TLS? then connect to `https://host:port`")
        };
        if let Some(meaning) = meaning.filter(|_| self.transport) {
            self.message = format!("{} ({meaning})", self.message);
            self.handshake = encrypted && (!closed || self.attempts > 2);
        }
        self
    }

    /// The message is too large to be sent.
    pub(crate) fn is_too_large(&self) -> bool {
        self.code == Code::ResourceExhausted && self.message.starts_with(TOO_LARGE)
    }

    /// A detail message of the status, if it has one of this type.
    fn detail<M: Message + Default + prost::Name>(&self) -> Option<M> {
        let status = rpc::Status::decode(self.details.clone()).ok()?;
        status.details.iter().find_map(|any| any.to_msg::<M>().ok())
    }

    /// The error that a caller gets. `workflow` is what the call was about.
    pub(crate) fn into_error(self, workflow: Option<(&str, Option<&str>)>) -> Error {
        let error = self.error(workflow.map(|(id, _)| id));
        let error = match workflow {
            Some((id, run)) if error.workflow_id().is_none() => error.with_execution(id, run),
            _ => error,
        };
        if self.coding.is_some() {
            return error;
        }
        error.with_status(self.code.name(), &self.message)
    }

    fn error(&self, workflow: Option<&str>) -> Error {
        if let Some(coding) = &self.coding {
            return Error::new(ErrorKind::Payload, self.message.clone())
                .with_source(coding.clone());
        }
        if self.transport {
            return Error::new(ErrorKind::Unreachable, self.unreachable());
        }
        match self.code {
            Code::AlreadyExists => {
                let detail = self.detail::<WorkflowExecutionAlreadyStartedFailure>();
                match (detail, workflow) {
                    (Some(detail), Some(id)) => Error::new(
                        ErrorKind::AlreadyStarted,
                        format!("a workflow with the id `{id}` runs, or ran, already"),
                    )
                    .with_execution(id, Some(&detail.run_id)),
                    _ => Error::new(ErrorKind::AlreadyStarted, self.message.clone()),
                }
            }
            Code::NotFound => Error::new(ErrorKind::NotFound, self.message.clone()),
            Code::InvalidArgument => match self.detail::<QueryFailedFailure>() {
                Some(detail) => {
                    let error = Error::new(ErrorKind::Query, "the query failed");
                    match detail.failure {
                        Some(failure) => error.with_source(Failure::from_proto(failure)),
                        None => error.with_source(self.message.clone()),
                    }
                }
                None => self.refused(),
            },
            Code::DeadlineExceeded => Error::new(
                ErrorKind::Rpc,
                format!(
                    "{} was not answered in {:.1} s: {}",
                    self.rpc,
                    self.elapsed.as_secs_f64(),
                    self.message
                ),
            ),
            _ => self.refused(),
        }
    }

    fn refused(&self) -> Error {
        Error::new(
            ErrorKind::Rpc,
            format!(
                "the service refused {}: {} ({})",
                self.rpc,
                self.message,
                self.code.name()
            ),
        )
    }

    fn unreachable(&self) -> String {
        let tries = match self.attempts {
            1 => "1 attempt".to_owned(),
            n => format!("{n} attempts"),
        };
        format!(
            "the Temporal service at {} could not be reached in {:.1} s ({tries}); the last reason: {}",
            self.address,
            self.elapsed.as_secs_f64(),
            self.message
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: Code, message: &str, detail: Option<prost_types::Any>) -> RpcFailure {
        let status = rpc::Status {
            details: detail.into_iter().collect(),
            ..rpc::Status::default()
        };
        RpcFailure {
            code,
            message: message.to_owned(),
            details: status.encode_to_vec().into(),
            transport: false,
            rpc: "StartWorkflowExecution",
            address: "127.0.0.1:7233".to_owned(),
            attempts: 3,
            elapsed: Duration::from_millis(2500),
            handshake: false,
            coding: None,
        }
    }

    #[test]
    fn a_start_of_a_known_id_names_the_run_that_has_it() {
        let detail = WorkflowExecutionAlreadyStartedFailure {
            run_id: "r1".to_owned(),
            ..Default::default()
        };
        let any = prost_types::Any::from_msg(&detail).ok();
        let error = failure(Code::AlreadyExists, "exists", any).into_error(Some(("w1", None)));
        assert_eq!(error.kind(), ErrorKind::AlreadyStarted);
        assert_eq!(
            (error.workflow_id(), error.run_id()),
            (Some("w1"), Some("r1"))
        );
        assert_eq!(error.status().map(|s| s.code), Some("ALREADY_EXISTS"));
    }

    #[test]
    fn no_answer_says_how_long_and_what_was_tried() {
        let mut failure = failure(Code::Unavailable, "connection refused", None);
        failure.transport = true;
        let error = failure.into_error(None);
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert_eq!(
            error.to_string(),
            "the Temporal service at 127.0.0.1:7233 could not be reached in 2.5 s (3 attempts); the last reason: connection refused"
        );
    }

    #[test]
    fn a_message_over_the_limit_is_not_sent_again() {
        let text = "grpc: received message larger than max (5000000 vs. 4194304)";
        assert!(!failure(Code::ResourceExhausted, text, None).is_retryable());
        assert!(failure(Code::ResourceExhausted, "busy", None).is_retryable());
        assert!(!failure(Code::NotFound, "gone", None).is_retryable());
    }
}
