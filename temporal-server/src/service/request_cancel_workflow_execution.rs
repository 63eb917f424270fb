//! RequestCancelWorkflowExecution.

use temporal_protos::workflowservice::{
    RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RequestCancelWorkflowExecutionRequest>,
) -> Result<RequestCancelWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    let cancel = CancelRequest {
        identity: request.identity,
        reason: request.reason,
        request_id: request.request_id,
        links: request.links,
        sender: None,
    };
    service.driver.ask_chain(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        &request.first_execution_run_id,
        |run, ctx| {
            run.request_cancel(ctx, cancel);
            Ok(())
        },
    )?;
    Ok(RequestCancelWorkflowExecutionResponse {})
}
