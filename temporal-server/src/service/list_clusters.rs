//! ListClusters: this service is the only one.

use temporal_protos::operatorservice::{
    ClusterMetadata, ListClustersRequest, ListClustersResponse,
};
use tonic::Request;

use super::Service;
use super::get_cluster_info::CLUSTER_NAME;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    _: Request<ListClustersRequest>,
) -> Result<ListClustersResponse, Refusal> {
    let cluster = ClusterMetadata {
        cluster_name: CLUSTER_NAME.to_owned(),
        cluster_id: service.cluster_id.clone(),
        initial_failover_version: 1,
        history_shard_count: 1,
        is_connection_enabled: true,
        ..ClusterMetadata::default()
    };
    Ok(ListClustersResponse {
        clusters: vec![cluster],
        ..ListClustersResponse::default()
    })
}
