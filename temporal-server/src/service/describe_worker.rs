//! DescribeWorker.

use temporal_protos::worker::WorkerInfo;
use temporal_protos::workflowservice::{DescribeWorkerRequest, DescribeWorkerResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeWorkerRequest>,
) -> Result<DescribeWorkerResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let heartbeat = service
        .driver
        .describe_worker(&namespace, &request.worker_instance_key)?;
    Ok(DescribeWorkerResponse {
        worker_info: Some(WorkerInfo {
            worker_heartbeat: Some(heartbeat),
        }),
    })
}
