//! ShutdownWorker.

use temporal_protos::workflowservice::{ShutdownWorkerRequest, ShutdownWorkerResponse};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ShutdownWorkerRequest>,
) -> Result<ShutdownWorkerResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    if let Some(heartbeat) = request.worker_heartbeat {
        calls::check_length(service, "WorkerInstanceKey", &heartbeat.worker_instance_key)?;
        service.driver.hear_workers(&namespace, vec![heartbeat]);
    }
    service.driver.end_worker(&request.worker_instance_key);
    service
        .driver
        .forget_poller(&namespace, &request.task_queue, &request.identity);
    if !request.sticky_task_queue.is_empty() {
        service
            .driver
            .drop_sticky_queue(&namespace, &request.sticky_task_queue);
    }
    Ok(ShutdownWorkerResponse {})
}
