//! PollWorkflowTaskQueue.

use temporal_protos::workflowservice::{
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::driver::PollingWorker;
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
    calls::check_length(service, "WorkerInstanceKey", &request.worker_instance_key)?;
    let build = calls::build(request.worker_version_capabilities);
    let worker = PollingWorker {
        build: build.as_ref(),
        identity: &request.identity,
        instance: &request.worker_instance_key,
        rate: None,
    };
    let polled = service
        .driver
        .poll_workflow_task(&namespace, &queue, worker, wait)
        .await?;
    Ok(
        polled.map_or_else(Default::default, |polled| PollWorkflowTaskQueueResponse {
            poller_scaling_decision: polled.scaling.map(calls::scaling),
            backlog_count_hint: i64::try_from(polled.backlog).unwrap_or(i64::MAX),
            ..polled.task.into_proto()
        }),
    )
}
