//! PauseWorkflowExecution, which is off, as it is in the real service by default.

use temporal_protos::workflowservice::{
    PauseWorkflowExecutionRequest, PauseWorkflowExecutionResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PauseWorkflowExecutionRequest>,
) -> Result<PauseWorkflowExecutionResponse, Refusal> {
    let namespace = service.directory.resolve(&request.get_ref().namespace)?;
    Err(Refusal::Unimplemented(format!(
        "workflow pause is not enabled for namespace: {}",
        namespace.name
    )))
}
