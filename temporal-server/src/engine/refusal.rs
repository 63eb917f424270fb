//! Why a request is refused. Texts are those of the real service, because clients match on them.

use temporal_protos::enums::{ResourceExhaustedCause, ResourceExhaustedScope};
use temporal_protos::failure::Failure;

use super::namespace::Life;

/// A refused request; `service/status.rs` turns it into a gRPC status with its details.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub(crate) enum Refusal {
    /// A workflow, run, activity, update or task is unknown or gone.
    NotFound(String),
    /// The namespace is unknown.
    NamespaceNotFound {
        /// The name that was asked for.
        namespace: String,
    },
    /// The namespace does not take this any more.
    NamespaceInvalidState {
        /// Its name.
        namespace: String,
        /// How far it is.
        life: Life,
        /// When it would.
        allowed: Vec<Life>,
    },
    /// The namespace exists already.
    NamespaceAlreadyExists(String),
    /// The request itself is wrong.
    InvalidArgument(String),
    /// The workflow id is taken.
    AlreadyStarted {
        /// The text of the refusal.
        message: String,
        /// Request id that started the run in the way.
        start_request_id: String,
        /// The run in the way.
        run_id: String,
        /// First run of its chain.
        first_execution_run_id: String,
    },
    /// The state does not allow it, and repeating the request does not help.
    FailedPrecondition(String),
    /// The run cannot answer yet: no task of it has been completed, or its task keeps failing.
    WorkflowNotReady(String),
    /// Too much at once.
    ResourceExhausted {
        /// The text of the refusal.
        message: String,
        /// What ran out.
        cause: ResourceExhaustedCause,
        /// For whom.
        scope: ResourceExhaustedScope,
    },
    /// Not allowed.
    PermissionDenied(String),
    /// The worker, or the service, failed a query.
    QueryFailed {
        /// The text of the refusal.
        message: String,
        /// What the worker sent.
        failure: Option<Box<Failure>>,
    },
    /// Nobody answered in time.
    DeadlineExceeded(String),
    /// This service has no such feature.
    Unimplemented(String),
    /// Temporarily impossible.
    Unavailable(String),
    /// What was stored is damaged.
    DataLoss(String),
    /// Another part of the same request was refused.
    Aborted(String),
    /// One of several operations was refused.
    MultiOperation {
        /// The text of the refusal.
        message: String,
        /// One outcome for each operation; `None` is OK.
        operations: Vec<Option<Self>>,
    },
}

impl Refusal {
    /// An INVALID_ARGUMENT.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidArgument(message.into())
    }

    /// A NOT_FOUND.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(message.into())
    }

    /// A FAILED_PRECONDITION.
    pub(crate) fn precondition(message: impl Into<String>) -> Self {
        Self::FailedPrecondition(message.into())
    }

    /// The run is closed.
    pub(crate) fn already_completed() -> Self {
        Self::not_found("workflow execution already completed")
    }

    /// The run's next task must close it first.
    pub(crate) fn closing() -> Self {
        Self::ResourceExhausted {
            message: "workflow operation can not be applied because workflow is closing".into(),
            cause: ResourceExhaustedCause::BusyWorkflow,
            scope: ResourceExhaustedScope::Namespace,
        }
    }
}
