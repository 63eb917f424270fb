//! TerminateWorkflowExecution.

use temporal_protos::workflowservice::{
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::close::Termination;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<TerminateWorkflowExecutionRequest>,
) -> Result<TerminateWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    let given = |text: String, default: &str| {
        if text.is_empty() {
            default.to_string()
        } else {
            text
        }
    };
    let by = Termination {
        reason: given(request.reason, "terminated by user via frontend"),
        details: request.details,
        identity: given(request.identity, "frontend-service"),
        links: request.links,
    };
    service.driver.ask_chain(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        &request.first_execution_run_id,
        |run, ctx| run.terminate(ctx, by),
    )?;
    Ok(TerminateWorkflowExecutionResponse {})
}
