//! DescribeWorkflowExecution.

use temporal_protos::workflowservice::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeWorkflowExecutionRequest>,
) -> Result<DescribeWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.execution)?;
    let now = service.driver.now();
    service.driver.look_at_run(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run| run.describe(now),
    )
}
