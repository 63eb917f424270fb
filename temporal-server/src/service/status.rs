//! A refusal as a gRPC status, with the details that SDKs decode instead of the text. Never adds
//! anything the refusal does not say.

use bytes::Bytes;
use prost::{Message, Name};
use prost_types::Any;
use temporal_protos::errordetails::multi_operation_execution_failure::OperationStatus;
use temporal_protos::errordetails::{
    MultiOperationExecutionFailure, NamespaceAlreadyExistsFailure, NamespaceInvalidStateFailure,
    NamespaceNotFoundFailure, NotFoundFailure, PermissionDeniedFailure, QueryFailedFailure,
    ResourceExhaustedFailure, WorkflowExecutionAlreadyStartedFailure, WorkflowNotReadyFailure,
};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::engine::refusal::Refusal;

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut metadata = MetadataMap::new();
        if let Refusal::ResourceExhausted { cause, scope, .. } = &refusal {
            let headers = [
                (
                    "x-resource-exhausted-cause",
                    short(cause.as_str_name(), "RESOURCE_EXHAUSTED_CAUSE_"),
                ),
                (
                    "x-resource-exhausted-scope",
                    short(scope.as_str_name(), "RESOURCE_EXHAUSTED_SCOPE_"),
                ),
            ];
            for (name, value) in headers {
                if let Ok(value) = MetadataValue::try_from(value) {
                    metadata.insert(name, value);
                }
            }
        }
        let Answer {
            code,
            message,
            details,
        } = answer(refusal);
        if details.is_empty() {
            return Self::with_metadata(code, message, metadata);
        }
        let status = temporal_protos::google::rpc::Status {
            code: code as i32,
            message: message.clone(),
            details,
        };
        Self::with_details_and_metadata(
            code,
            message,
            Bytes::from(status.encode_to_vec()),
            metadata,
        )
    }
}

/// The parts of a status.
struct Answer {
    code: Code,
    message: String,
    details: Vec<Any>,
}

#[expect(clippy::too_many_lines, reason = "one flat match")]
fn answer(refusal: Refusal) -> Answer {
    let plain = |code, message| Answer {
        code,
        message,
        details: Vec::new(),
    };
    match refusal {
        Refusal::NotFound(message) => with(Code::NotFound, message, &NotFoundFailure::default()),
        Refusal::NamespaceNotFound { namespace } => {
            let message = format!("Namespace {namespace} is not found.");
            with(
                Code::NotFound,
                message,
                &NamespaceNotFoundFailure { namespace },
            )
        }
        Refusal::NamespaceAlreadyExists(message) => with(
            Code::AlreadyExists,
            message,
            &NamespaceAlreadyExistsFailure {},
        ),
        Refusal::AlreadyStarted {
            message,
            start_request_id,
            run_id,
            first_execution_run_id,
        } => {
            let detail = WorkflowExecutionAlreadyStartedFailure {
                start_request_id,
                run_id,
                first_execution_run_id,
            };
            with(Code::AlreadyExists, message, &detail)
        }
        Refusal::NamespaceInvalidState {
            namespace,
            life,
            allowed,
        } => {
            let names: Vec<_> = allowed.iter().map(|life| life.name()).collect();
            let message = format!(
                "Namespace has invalid state: {}. Must be {}.",
                life.name(),
                names.join(" or ")
            );
            let detail = NamespaceInvalidStateFailure {
                namespace,
                state: life.state() as i32,
                allowed_states: allowed.iter().map(|life| life.state() as i32).collect(),
            };
            with(Code::FailedPrecondition, message, &detail)
        }
        Refusal::WorkflowNotReady(message) => with(
            Code::FailedPrecondition,
            message,
            &WorkflowNotReadyFailure {},
        ),
        Refusal::ResourceExhausted {
            message,
            cause,
            scope,
        } => {
            let detail = ResourceExhaustedFailure {
                cause: cause as i32,
                scope: scope as i32,
            };
            with(Code::ResourceExhausted, message, &detail)
        }
        Refusal::PermissionDenied(message) => with(
            Code::PermissionDenied,
            message,
            &PermissionDeniedFailure {
                reason: String::new(),
            },
        ),
        Refusal::QueryFailed { message, failure } => with(
            Code::InvalidArgument,
            message,
            &QueryFailedFailure {
                failure: failure.map(|failure| *failure),
            },
        ),
        Refusal::MultiOperation {
            message,
            operations,
        } => multi_operation(message, operations),
        Refusal::InvalidArgument(message) => plain(Code::InvalidArgument, message),
        Refusal::FailedPrecondition(message) => plain(Code::FailedPrecondition, message),
        Refusal::DeadlineExceeded(message) => plain(Code::DeadlineExceeded, message),
        Refusal::Unimplemented(message) => plain(Code::Unimplemented, message),
        Refusal::Unavailable(message) => plain(Code::Unavailable, message),
        Refusal::DataLoss(message) => plain(Code::DataLoss, message),
        Refusal::Aborted(message) => plain(Code::Aborted, message),
    }
}

fn with<M: Message + Name>(code: Code, message: String, detail: &M) -> Answer {
    Answer {
        code,
        message,
        details: vec![packed(detail)],
    }
}

fn packed<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

/// The whole has the code of the first operation which is neither fine nor only a bystander.
fn multi_operation(message: String, operations: Vec<Option<Refusal>>) -> Answer {
    let statuses: Vec<_> = operations
        .into_iter()
        .map(|operation| match operation {
            None => OperationStatus::default(),
            Some(refusal) => {
                let bystander = matches!(refusal, Refusal::Aborted(_));
                let Answer {
                    code,
                    message,
                    mut details,
                } = answer(refusal);
                if bystander {
                    details.push(packed(
                        &temporal_protos::failure::MultiOperationExecutionAborted {},
                    ));
                }
                OperationStatus {
                    code: code as i32,
                    message,
                    details,
                }
            }
        })
        .collect();
    let decisive = statuses.iter().map(|status| Code::from(status.code));
    let code = decisive
        .clone()
        .find(|code| !matches!(code, Code::Ok | Code::Aborted));
    let code = code.unwrap_or(if statuses.is_empty() {
        Code::Internal
    } else {
        Code::Aborted
    });
    with(code, message, &MultiOperationExecutionFailure { statuses })
}

/// `BusyWorkflow` from `RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW`.
fn short(name: &str, prefix: &str) -> String {
    let words = name.strip_prefix(prefix).unwrap_or(name).split('_');
    words
        .map(|word| word[..1].to_owned() + &word[1..].to_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use temporal_protos::enums::{ResourceExhaustedCause, ResourceExhaustedScope};

    use super::*;

    fn details(status: &Status) -> temporal_protos::google::rpc::Status {
        temporal_protos::google::rpc::Status::decode(status.details()).unwrap()
    }

    #[test]
    fn details_repeat_code_and_message() {
        let status = Status::from(Refusal::NamespaceNotFound {
            namespace: "n".into(),
        });
        let packed = details(&status);
        assert_eq!(
            (status.code(), status.message()),
            (Code::NotFound, "Namespace n is not found.")
        );
        assert_eq!(
            (packed.code, packed.message.as_str()),
            (5, "Namespace n is not found.")
        );
        assert_eq!(
            packed.details[0].type_url,
            "type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure"
        );
        assert!(Status::from(Refusal::invalid("no")).details().is_empty());
    }

    #[test]
    fn exhaustion_is_named_in_headers_too() {
        let status = Status::from(Refusal::ResourceExhausted {
            message: "busy".into(),
            cause: ResourceExhaustedCause::BusyWorkflow,
            scope: ResourceExhaustedScope::Namespace,
        });
        assert_eq!(
            status.metadata().get("x-resource-exhausted-cause").unwrap(),
            "BusyWorkflow"
        );
        assert_eq!(
            status.metadata().get("x-resource-exhausted-scope").unwrap(),
            "Namespace"
        );
    }

    #[test]
    fn the_decisive_operation_gives_the_code() {
        let refused = |operations| {
            Status::from(Refusal::MultiOperation {
                message: "both".into(),
                operations,
            })
        };
        let aborted = || Some(Refusal::Aborted("Operation was aborted.".into()));
        let status = refused(vec![aborted(), Some(Refusal::not_found("gone"))]);
        assert_eq!(status.code(), Code::NotFound);
        let failure =
            MultiOperationExecutionFailure::decode(details(&status).details[0].value.as_slice())
                .unwrap();
        assert_eq!(
            failure.statuses.iter().map(|s| s.code).collect::<Vec<_>>(),
            [10, 5]
        );
        assert_eq!(refused(vec![None, aborted()]).code(), Code::Aborted);
    }
}
