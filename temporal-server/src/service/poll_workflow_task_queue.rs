//! PollWorkflowTaskQueue.

use temporal_protos::workflowservice::{
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PollWorkflowTaskQueueRequest>,
) -> Result<PollWorkflowTaskQueueResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let wait = calls::poll_wait(left)?;
    calls::check_length(service, "Identity", &request.identity)?;
    let queue = service.driver.check_queue(request.task_queue.as_ref())?;
    let task = service
        .driver
        .poll_workflow_task(&namespace, &queue, &request.identity, wait)
        .await;
    Ok(task.map(|task| task.into_proto()).unwrap_or_default())
}
