//! ResetStickyTaskQueue.

use temporal_protos::workflowservice::{ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ResetStickyTaskQueueRequest>,
) -> Result<ResetStickyTaskQueueResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.execution)?;
    service.driver.ask_run(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, _| {
            if !run.is_running() {
                return Err(Refusal::already_completed());
            }
            run.sticky = None;
            Ok(())
        },
    )?;
    Ok(ResetStickyTaskQueueResponse {})
}
