//! UnpauseWorkflowExecution: as no workflow can be paused, none is.

use temporal_protos::workflowservice::{
    UnpauseWorkflowExecutionRequest, UnpauseWorkflowExecutionResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UnpauseWorkflowExecutionRequest>,
) -> Result<UnpauseWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let (workflow_id, run_id) = (&request.workflow_id, &request.run_id);
    service
        .driver
        .look_at_run(&namespace, workflow_id, run_id, |_| ())?;
    Err(Refusal::precondition("workflow is not paused."))
}
