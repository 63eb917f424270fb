//! ScanWorkflowExecutions: the same as listing.

use temporal_protos::workflowservice::{
    ScanWorkflowExecutionsRequest, ScanWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use super::list_workflow_executions::page;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ScanWorkflowExecutionsRequest>,
) -> Result<ScanWorkflowExecutionsResponse, Refusal> {
    let request = request.into_inner();
    let page = page(
        service,
        &request.namespace,
        &request.query,
        request.page_size,
        &request.next_page_token,
    )
    .await?;
    Ok(ScanWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token.into(),
    })
}
