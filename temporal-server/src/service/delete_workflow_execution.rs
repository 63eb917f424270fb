//! DeleteWorkflowExecution.

use temporal_protos::workflowservice::{
    DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DeleteWorkflowExecutionRequest>,
) -> Result<DeleteWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    service.driver.delete_run(&namespace, &execution)?;
    Ok(DeleteWorkflowExecutionResponse {})
}
