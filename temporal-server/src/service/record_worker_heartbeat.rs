//! RecordWorkerHeartbeat.

use temporal_protos::workflowservice::{
    RecordWorkerHeartbeatRequest, RecordWorkerHeartbeatResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RecordWorkerHeartbeatRequest>,
) -> Result<RecordWorkerHeartbeatResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    for heartbeat in &request.worker_heartbeat {
        calls::check_length(service, "WorkerInstanceKey", &heartbeat.worker_instance_key)?;
    }
    service
        .driver
        .hear_workers(&namespace, request.worker_heartbeat);
    Ok(RecordWorkerHeartbeatResponse {})
}
