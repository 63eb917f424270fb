//! UpdateNamespace.

use temporal_protos::workflowservice::{UpdateNamespaceRequest, UpdateNamespaceResponse};
use tonic::Request;

use super::Service;
use super::describe_namespace::{config, duration, info, replication_config};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateNamespaceRequest>,
) -> Result<UpdateNamespaceResponse, Refusal> {
    let request = request.into_inner();
    let (changed, retention) = (
        request.update_info,
        request
            .config
            .and_then(|c| c.workflow_execution_retention_ttl),
    );
    if request.promote_namespace
        || request.replication_config.is_some()
        || !request.delete_bad_binary.is_empty()
    {
        return Err(Refusal::invalid(
            "this service has one cluster: replication, promotion and bad binaries cannot be set",
        ));
    }
    service.directory.write(|namespaces| {
        let entry = namespaces.update(&request.namespace, |settings| {
            if let Some(changed) = changed {
                if !changed.description.is_empty() {
                    settings.description = changed.description;
                }
                if !changed.owner_email.is_empty() {
                    settings.owner_email = changed.owner_email;
                }
                settings.data.extend(changed.data);
            }
            if retention.is_some() {
                settings.retention = duration(retention.as_ref());
            }
        })?;
        Ok(UpdateNamespaceResponse {
            namespace_info: Some(info(entry)),
            config: Some(config(entry)),
            replication_config: Some(replication_config()),
            ..UpdateNamespaceResponse::default()
        })
    })
}
