//! ListWorkers.

use temporal_protos::worker::WorkerInfo;
use temporal_protos::workflowservice::{ListWorkersRequest, ListWorkersResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::workers::{Page, Search, summary};

pub(super) async fn handle(
    service: &Service,
    request: Request<ListWorkersRequest>,
) -> Result<ListWorkersResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let search = Search {
        query: &request.query,
        includes_system: request.include_system_workers,
    };
    let page = Page {
        size: request.page_size,
        after: std::str::from_utf8(&request.next_page_token)
            .map_err(|_| Refusal::invalid("Invalid NextPageToken."))?,
    };
    let (workers, next) = service.driver.list_workers(&namespace, search, page)?;
    Ok(ListWorkersResponse {
        workers: workers.iter().map(summary).collect(),
        workers_info: workers
            .into_iter()
            .map(|heartbeat| WorkerInfo {
                worker_heartbeat: Some(heartbeat),
            })
            .collect(),
        next_page_token: next.unwrap_or_default().into_bytes().into(),
    })
}
