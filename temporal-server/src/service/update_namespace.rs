//! UpdateNamespace.

use temporal_protos::workflowservice::{UpdateNamespaceRequest, UpdateNamespaceResponse};
use tonic::Request;

use super::Service;
use super::describe_namespace::{config, info, replication_config};
use crate::engine::namespace_change::NamespaceChange;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateNamespaceRequest>,
) -> Result<UpdateNamespaceResponse, Refusal> {
    let request = request.into_inner();
    let change = NamespaceChange {
        info: request.update_info,
        config: request.config,
        replication: request.replication_config,
        delete_bad_binary: request.delete_bad_binary,
        promote: request.promote_namespace,
    };
    let now = service.driver.now();
    let shown = service
        .directory
        .write(|namespaces| namespaces.update(&request.namespace, now, change))?;
    Ok(UpdateNamespaceResponse {
        namespace_info: Some(info(service.driver.limits(), &shown)),
        config: Some(config(&shown)),
        replication_config: Some(replication_config()),
        ..UpdateNamespaceResponse::default()
    })
}
