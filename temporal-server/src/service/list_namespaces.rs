//! ListNamespaces.

use temporal_protos::workflowservice::{ListNamespacesRequest, ListNamespacesResponse};
use tonic::Request;

use super::Service;
use super::describe_namespace::described;
use crate::engine::refusal::Refusal;

/// Namespaces of a page, unless fewer are asked for.
const MAX_PAGE: usize = 1000;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListNamespacesRequest>,
) -> Result<ListNamespacesResponse, Refusal> {
    let request = request.into_inner();
    let size = usize::try_from(request.page_size)
        .ok()
        .filter(|size| (1..=MAX_PAGE).contains(size))
        .unwrap_or(MAX_PAGE);
    // The token is the name of the last namespace of the page before.
    let after = std::str::from_utf8(&request.next_page_token)
        .map_err(|_| Refusal::invalid("Invalid NextPageToken."))?;
    let limits = service.driver.limits();
    Ok(service.directory.read(|namespaces| {
        let mut rest = namespaces.list(after).peekable();
        let page: Vec<_> = rest
            .by_ref()
            .take(size)
            .map(|entry| described(limits, entry))
            .collect();
        let last = page
            .last()
            .and_then(|last| last.namespace_info.as_ref())
            .map(|info| info.name.clone());
        let token = rest.peek().and(last).unwrap_or_default();
        ListNamespacesResponse {
            namespaces: page,
            next_page_token: token.into_bytes().into(),
        }
    }))
}
