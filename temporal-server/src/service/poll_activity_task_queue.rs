//! PollActivityTaskQueue.

use temporal_protos::workflowservice::{
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::driver::PollingWorker;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PollActivityTaskQueueRequest>,
) -> Result<PollActivityTaskQueueResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let wait = calls::poll_wait(left)?;
    calls::check_length(service, "Identity", &request.identity)?;
    let queue = service.driver.check_queue(request.task_queue.as_ref())?;
    calls::check_length(service, "WorkerInstanceKey", &request.worker_instance_key)?;
    let worker = PollingWorker {
        build: None,
        identity: &request.identity,
        instance: &request.worker_instance_key,
        rate: request
            .task_queue_metadata
            .and_then(|metadata| metadata.max_tasks_per_second),
    };
    let polled = service
        .driver
        .poll_activity_task(&namespace, &queue, worker, wait)
        .await;
    Ok(
        polled.map_or_else(Default::default, |polled| PollActivityTaskQueueResponse {
            poller_scaling_decision: polled.scaling.map(calls::scaling),
            ..polled.task
        }),
    )
}
