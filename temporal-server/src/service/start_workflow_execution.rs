//! StartWorkflowExecution.

use std::sync::Arc;

use temporal_protos::enums::{EventType, WorkflowIdConflictPolicy as Conflict};
use temporal_protos::workflowservice::{
    StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::driver::{Attaches, StartRequest, Started};
use crate::engine::execution::start_check;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

pub(super) async fn handle(
    service: &Service,
    request: Request<StartWorkflowExecutionRequest>,
) -> Result<StartWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve_for_start(&request.namespace)?;
    let start = checked(service, &namespace, request)?;
    let (workflow_id, request_id) = (start.workflow_id.clone(), start.run.request_id.clone());
    let started = service.driver.start_workflow(&namespace, start)?;
    Ok(response(&namespace, &workflow_id, &request_id, started))
}

/// A start request, checked.
pub(super) fn checked(
    service: &Service,
    namespace: &Arc<Namespace>,
    mut request: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Refusal> {
    if request.request_id.is_empty() {
        request.request_id = uuid::Uuid::new_v4().to_string();
    }
    let workflow_id = request.workflow_id.clone();
    let (reuse, conflict) = (
        request.workflow_id_reuse_policy,
        request.workflow_id_conflict_policy,
    );
    let on_conflict = request.on_conflict_options.unwrap_or_default();
    if on_conflict.attach_completion_callbacks && !on_conflict.attach_request_id {
        return Err(Refusal::invalid(
            "attaching request ID is required for attaching completion callbacks",
        ));
    }
    let attaches = Attaches {
        request_id: on_conflict.attach_request_id,
        links: if on_conflict.attach_links {
            request.links.clone()
        } else {
            Vec::new()
        },
    };
    let eager = request.request_eager_execution;
    let run = service.driver.check_start(namespace, request)?;
    let policies = start_check::id_policies(reuse, conflict, Conflict::Fail)?;
    Ok(StartRequest {
        workflow_id,
        policies,
        run,
        eager,
        signal: None,
        update: None,
        attaches,
    })
}

/// The answer to a start.
pub(super) fn response(
    namespace: &Namespace,
    workflow_id: &str,
    request_id: &str,
    started: Started,
) -> StartWorkflowExecutionResponse {
    let link = if started.attached {
        let made = EventType::WorkflowExecutionOptionsUpdated;
        calls::request_link(namespace, workflow_id, &started.run_id, request_id, made)
    } else {
        calls::started_link(namespace, workflow_id, &started.run_id)
    };
    StartWorkflowExecutionResponse {
        run_id: started.run_id,
        first_execution_run_id: started.first_run_id,
        started: started.started,
        status: started.status.into(),
        eager_workflow_task: started.eager_task.map(|task| task.into_proto()),
        link: Some(link),
    }
}
