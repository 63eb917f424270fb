//! GetClusterInfo.

use temporal_protos::workflowservice::{GetClusterInfoRequest, GetClusterInfoResponse};
use tonic::Request;

use super::{SERVER_VERSION, Service};
pub(super) use crate::engine::namespace_change::CLUSTER as CLUSTER_NAME;
use crate::engine::refusal::Refusal;

/// What is said of both stores, in memory as well: the web interface offers filters by the names of stores that it knows.
const STORE: &str = "sqlite";

/// Clients and the versions of them that are served.
const CLIENTS: [(&str, &str); 8] = [
    ("temporal-cli", "<2.0.0"),
    ("temporal-go", "<2.0.0"),
    ("temporal-java", "<2.0.0"),
    ("temporal-nexus-go", "<2.0.0"),
    ("temporal-php", "<2.0.0"),
    ("temporal-server", "<2.0.0"),
    ("temporal-typescript", "<2.0.0"),
    ("temporal-ui", "<3.0.0"),
];

pub(super) async fn handle(
    service: &Service,
    _: Request<GetClusterInfoRequest>,
) -> Result<GetClusterInfoResponse, Refusal> {
    Ok(GetClusterInfoResponse {
        supported_clients: CLIENTS
            .map(|(name, range)| (name.to_owned(), range.to_owned()))
            .into(),
        server_version: SERVER_VERSION.to_owned(),
        cluster_id: service.cluster_id.clone(),
        cluster_name: CLUSTER_NAME.to_owned(),
        history_shard_count: 1,
        persistence_store: STORE.to_owned(),
        visibility_store: STORE.to_owned(),
        failover_version_increment: 10,
        initial_failover_version: 1,
        ..GetClusterInfoResponse::default()
    })
}
