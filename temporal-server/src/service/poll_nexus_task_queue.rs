//! PollNexusTaskQueue: this service has no Nexus endpoints yet, so a poll waits in vain.

use temporal_protos::workflowservice::{PollNexusTaskQueueRequest, PollNexusTaskQueueResponse};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PollNexusTaskQueueRequest>,
) -> Result<PollNexusTaskQueueResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    service.directory.resolve(&request.namespace)?;
    let wait = calls::poll_wait(left)?;
    calls::check_length(service, "Identity", &request.identity)?;
    service.driver.check_queue(request.task_queue.as_ref())?;
    tokio::time::sleep(wait).await;
    Ok(PollNexusTaskQueueResponse::default())
}
