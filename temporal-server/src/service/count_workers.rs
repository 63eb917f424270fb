//! CountWorkers.

use temporal_protos::workflowservice::{CountWorkersRequest, CountWorkersResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<CountWorkersRequest>,
) -> Result<CountWorkersResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let count = service.driver.count_workers(&namespace, &request.query)?;
    Ok(CountWorkersResponse {
        count: i64::try_from(count).unwrap_or(i64::MAX),
    })
}
