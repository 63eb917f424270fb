//! PollWorkflowExecutionTimeSkipping.

use temporal_protos::workflowservice::{
    PollWorkflowExecutionTimeSkippingRequest, PollWorkflowExecutionTimeSkippingResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::engine::execution::time_skipping;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PollWorkflowExecutionTimeSkippingRequest>,
) -> Result<PollWorkflowExecutionTimeSkippingResponse, Refusal> {
    let wait = calls::wait(Deadline::of(&request).0);
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    time_skipping::check_enabled(service.driver.limits())?;
    time_skipping::check_fast_forward_id(&request.fast_forward_id)?;
    let outcome = service
        .driver
        .poll_fast_forward(&namespace, &execution, &request.fast_forward_id, wait)
        .await?;
    Ok(PollWorkflowExecutionTimeSkippingResponse {
        fast_forward_polling_result: outcome.result.into(),
        failed_reason: outcome.failed_reason.into(),
        fast_forward_info: outcome.info,
    })
}
