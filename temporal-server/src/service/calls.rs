//! What several calls share: the execution they name, the token they carry, the time they may wait.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use temporal_protos::common::link::workflow_event::{
    EventReference, Reference, RequestIdReference,
};
use temporal_protos::common::link::{Variant, WorkflowEvent};
use temporal_protos::common::{
    Link, WorkerVersionCapabilities, WorkerVersionStamp, WorkflowExecution,
};
use temporal_protos::enums::EventType;
use temporal_protos::taskqueue::PollerScalingDecision;

use super::Service;
use crate::driver::check_run_id;
use crate::driver::token::TaskToken;
use crate::engine::execution::external::is_uuid;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// How long a poll of a task queue waits at most.
const LONGEST_POLL: Duration = Duration::from_secs(60);
/// How long a wait for history or a query lasts at most.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// A poll with less time left is refused.
const SHORTEST_POLL: Duration = Duration::from_secs(2);
/// What a wait leaves of the caller's time, so that its empty answer arrives.
const MARGIN: Duration = Duration::from_millis(700);

/// The execution that a request names.
pub(super) fn execution(named: Option<WorkflowExecution>) -> Result<WorkflowExecution, Refusal> {
    let execution = named.ok_or_else(|| Refusal::invalid("Execution is not set on request."))?;
    check_workflow_id(&execution.workflow_id)?;
    check_run_id(&execution.run_id)?;
    Ok(execution)
}

/// Refuses a request that names no workflow.
pub(super) fn check_workflow_id(workflow_id: &str) -> Result<(), Refusal> {
    if workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    Ok(())
}

/// The same as [`check_run_id`], in the words of calls that look at it late.
pub(super) fn check_run_id_late(run_id: &str) -> Result<(), Refusal> {
    if run_id.is_empty() || is_uuid(run_id) {
        return Ok(());
    }
    Err(Refusal::invalid("RunId is not valid UUID."))
}

/// A task token and the namespace it is from; a namespace that the request names must be the same.
pub(super) fn token(
    service: &Service,
    token: &Bytes,
    namespace: &str,
) -> Result<(TaskToken, Arc<Namespace>), Refusal> {
    let token = TaskToken::decode(token)?;
    let found = service
        .directory
        .read(|namespaces| {
            namespaces
                .describe("", &token.namespace_id)
                .map(|entry| entry.identity.clone())
        })
        .map_err(|_| Refusal::invalid("Error deserializing task token."))?;
    if !namespace.is_empty() && namespace != found.name {
        return Err(Refusal::invalid(
            "Operation requested with a token from a different namespace.",
        ));
    }
    Ok((token, found))
}

/// How long a poll waits, given the time its caller has left.
pub(super) fn poll_wait(left: Option<Duration>) -> Result<Duration, Refusal> {
    let left = left.ok_or_else(|| Refusal::invalid("Context timeout is not set."))?;
    if left < SHORTEST_POLL {
        return Err(Refusal::precondition("Context timeout is too short."));
    }
    Ok(LONGEST_POLL.min(left.saturating_sub(MARGIN)))
}

/// The build of a worker's code, as events name it.
pub(super) fn build(of: Option<WorkerVersionCapabilities>) -> Option<WorkerVersionStamp> {
    let of = of.filter(|of| !of.build_id.is_empty())?;
    Some(WorkerVersionStamp {
        build_id: of.build_id,
        use_versioning: of.use_versioning,
    })
}

/// What a worker is told about the number of its polls.
pub(super) fn scaling(delta: i32) -> PollerScalingDecision {
    PollerScalingDecision {
        poll_request_delta_suggestion: delta,
    }
}

/// How long a wait for something new lasts, given the time its caller has left.
pub(super) fn wait(left: Option<Duration>) -> Duration {
    left.map_or(LONGEST_WAIT, |left| {
        LONGEST_WAIT.min(left.saturating_sub(MARGIN))
    })
}

/// A link to an event that a request has made, by the request's id.
pub(super) fn request_link(
    namespace: &Namespace,
    workflow_id: &str,
    run_id: &str,
    request_id: &str,
    event_type: EventType,
) -> Link {
    let reference = RequestIdReference {
        request_id: request_id.into(),
        event_type: event_type.into(),
    };
    event_link(
        namespace,
        workflow_id,
        run_id,
        Reference::RequestIdRef(reference),
    )
}

/// A link to the first event of a run.
pub(super) fn started_link(namespace: &Namespace, workflow_id: &str, run_id: &str) -> Link {
    let reference = EventReference {
        event_id: 1,
        event_type: EventType::WorkflowExecutionStarted.into(),
    };
    event_link(
        namespace,
        workflow_id,
        run_id,
        Reference::EventRef(reference),
    )
}

fn event_link(
    namespace: &Namespace,
    workflow_id: &str,
    run_id: &str,
    reference: Reference,
) -> Link {
    Link {
        variant: Some(Variant::WorkflowEvent(WorkflowEvent {
            namespace: namespace.name.clone(),
            workflow_id: workflow_id.into(),
            run_id: run_id.into(),
            reference: Some(reference),
        })),
    }
}

/// Refuses a name that is too long.
pub(super) fn check_length(service: &Service, what: &str, value: &str) -> Result<(), Refusal> {
    if value.len() > service.driver.limits().id_bytes {
        return Err(Refusal::invalid(format!("{what} length exceeds limit.")));
    }
    Ok(())
}
