//! RegisterNamespace.

use temporal_protos::workflowservice::{RegisterNamespaceRequest, RegisterNamespaceResponse};
use tonic::Request;

use super::Service;
use super::describe_namespace::duration;
use crate::engine::namespace::Settings;
use crate::engine::namespace_change::check_clusters;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RegisterNamespaceRequest>,
) -> Result<RegisterNamespaceResponse, Refusal> {
    let request = request.into_inner();
    if request.is_global_namespace {
        return Err(Refusal::invalid(
            "Cannot register global namespace when not enabled",
        ));
    }
    let settings = Settings {
        description: request.description,
        owner_email: request.owner_email,
        data: request.data,
        retention: duration(request.workflow_execution_retention_period.as_ref()),
        ..Settings::default()
    };
    let clusters = request.clusters.iter();
    let clusters: Vec<&str> = clusters.map(|one| one.cluster_name.as_str()).collect();
    let id = uuid::Uuid::new_v4().to_string();
    service.directory.write(|namespaces| {
        check_clusters(&request.active_cluster_name, &clusters)?;
        namespaces.register(&request.namespace, id, settings)
    })?;
    Ok(RegisterNamespaceResponse {})
}
