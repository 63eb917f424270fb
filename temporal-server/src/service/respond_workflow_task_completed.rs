//! RespondWorkflowTaskCompleted.

use temporal_protos::workflowservice::{
    RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondWorkflowTaskCompletedRequest>,
) -> Result<RespondWorkflowTaskCompletedResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    if request.intermediate_page {
        return Err(Refusal::precondition(format!(
            "workflow task completion pagination is disabled for this namespace {}",
            namespace.name
        )));
    }
    let completed = service
        .driver
        .complete_workflow_task(&namespace, &token, request)?;
    Ok(RespondWorkflowTaskCompletedResponse {
        workflow_task: completed.next_task.map(|task| task.into_proto()),
        activity_tasks: completed.activity_tasks,
        reset_history_event_id: completed.reset_history_event_id,
    })
}
