//! ListArchivedWorkflowExecutions: there is no archive.

use temporal_protos::workflowservice::{
    ListArchivedWorkflowExecutionsRequest, ListArchivedWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListArchivedWorkflowExecutionsRequest>,
) -> Result<ListArchivedWorkflowExecutionsResponse, Refusal> {
    service.directory.resolve(&request.into_inner().namespace)?;
    Err(Refusal::invalid(
        "Cluster is not configured for visibility archival.",
    ))
}
