//! ListWorkflowExecutions, and the search behind every list.

use temporal_protos::workflowservice::{
    ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::visibility::{Page, Query};

pub(super) async fn handle(
    service: &Service,
    request: Request<ListWorkflowExecutionsRequest>,
) -> Result<ListWorkflowExecutionsResponse, Refusal> {
    let request = request.into_inner();
    let page = page(
        service,
        &request.namespace,
        &request.query,
        request.page_size,
        &request.next_page_token,
    )
    .await?;
    Ok(ListWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token.into(),
    })
}

/// One page of what a query finds in a namespace.
pub(super) async fn page(
    service: &Service,
    namespace: &str,
    query: &str,
    size: i32,
    token: &[u8],
) -> Result<Page, Refusal> {
    let (id, query) = compiled(service, namespace, query)?;
    let page = service.index().await?.list(&id, &query, size, token);
    page.map_err(|_| Refusal::invalid("Invalid NextPageToken."))
}

/// The id of a namespace, and a query that is legal in it.
pub(super) fn compiled(
    service: &Service,
    namespace: &str,
    query: &str,
) -> Result<(String, Query), Refusal> {
    let (id, attributes) = service.directory.read(|namespaces| {
        namespaces
            .resolve(namespace)
            .map(|entry| (entry.identity.id.clone(), entry.attributes.clone()))
    })?;
    let query = Query::new(query, &attributes)
        .map_err(|error| Refusal::invalid(format!("invalid query: {error}")))?;
    Ok((id, query))
}
