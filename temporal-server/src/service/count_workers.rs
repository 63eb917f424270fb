//! CountWorkers.

use temporal_protos::workflowservice::{CountWorkersRequest, CountWorkersResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::workers::Search;

pub(super) async fn handle(
    service: &Service,
    request: Request<CountWorkersRequest>,
) -> Result<CountWorkersResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let search = Search {
        query: &request.query,
        includes_system: request.include_system_workers,
    };
    let count = service.driver.count_workers(&namespace, search)?;
    Ok(CountWorkersResponse {
        count: i64::try_from(count).unwrap_or(i64::MAX),
    })
}
