//! DeleteNamespace.

use temporal_protos::operatorservice::{DeleteNamespaceRequest, DeleteNamespaceResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DeleteNamespaceRequest>,
) -> Result<DeleteNamespaceResponse, Refusal> {
    let request = request.into_inner();
    let deleted = service
        .directory
        .write(|namespaces| namespaces.delete(&request.namespace, &request.namespace_id))?;
    service
        .directory
        .index()
        .remove_namespace(&deleted.identity.id);
    service.driver.forget_namespace(&deleted.identity);
    let identity = &deleted.identity;
    let part_of_id = identity.id.get(..5).unwrap_or(&identity.id);
    Ok(DeleteNamespaceResponse {
        // The name that it would have until its workflows are gone, if that took any time.
        deleted_namespace: format!("{}-deleted-{part_of_id}", identity.name),
    })
}
