//! DescribeNamespace, and how a namespace is described wherever it is.

use std::time::Duration;

use temporal_protos::enums::{ArchivalState, ReplicationState};
use temporal_protos::namespace::namespace_info::{Capabilities, Limits};
use temporal_protos::namespace::{BadBinaries, NamespaceConfig, NamespaceInfo};
use temporal_protos::replication::{ClusterReplicationConfig, NamespaceReplicationConfig};
use temporal_protos::workflowservice::{DescribeNamespaceRequest, DescribeNamespaceResponse};
use tonic::Request;

use super::Service;
use super::get_cluster_info::CLUSTER_NAME;
use crate::engine::limits as engine;
use crate::engine::namespace::Entry;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeNamespaceRequest>,
) -> Result<DescribeNamespaceResponse, Refusal> {
    let request = request.into_inner();
    service.directory.read(|namespaces| {
        namespaces
            .describe(&request.namespace, &request.id)
            .map(|entry| described(service.driver.limits(), entry))
    })
}

/// Everything that is known of a namespace.
pub(super) fn described(limits: &engine::Limits, entry: &Entry) -> DescribeNamespaceResponse {
    DescribeNamespaceResponse {
        namespace_info: Some(info(limits, entry)),
        config: Some(config(entry)),
        replication_config: Some(replication_config()),
        ..DescribeNamespaceResponse::default()
    }
}

pub(super) fn info(limits: &engine::Limits, entry: &Entry) -> NamespaceInfo {
    let bytes = |count| i64::try_from(count).unwrap_or(i64::MAX);
    NamespaceInfo {
        name: entry.identity.name.clone(),
        id: entry.identity.id.clone(),
        state: entry.settings.life.state() as i32,
        description: entry.settings.description.clone(),
        owner_email: entry.settings.owner_email.clone(),
        data: entry.settings.data.clone(),
        capabilities: Some(capabilities()),
        limits: Some(Limits {
            blob_size_limit_error: bytes(limits.blob_bytes),
            memo_size_limit_error: bytes(limits.memo_bytes),
            workflow_task_completion_size_limit_error: 40 << 20,
        }),
        supports_schedules: true,
    }
}

/// What workers and clients may rely on. Workers change their ways by these, so only what works is claimed.
fn capabilities() -> Capabilities {
    Capabilities {
        eager_workflow_start: true,
        sync_update: true,
        async_update: true,
        worker_heartbeats: true,
        reported_problems_search_attribute: true,
        worker_poll_complete_on_shutdown: true,
        poller_autoscaling: true,
        ..Capabilities::default()
    }
}

pub(super) fn config(entry: &Entry) -> NamespaceConfig {
    let retention = entry.settings.retention;
    NamespaceConfig {
        workflow_execution_retention_ttl: Some(prost_types::Duration {
            seconds: i64::try_from(retention.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(retention.subsec_nanos()).unwrap_or_default(),
        }),
        bad_binaries: Some(BadBinaries {
            binaries: entry.settings.bad_binaries.clone(),
        }),
        history_archival_state: ArchivalState::Disabled as i32,
        visibility_archival_state: ArchivalState::Disabled as i32,
        // Names of attributes are their own aliases; clients only look for the keys.
        custom_search_attribute_aliases: entry
            .attributes
            .custom()
            .keys()
            .map(|name| (name.clone(), name.clone()))
            .collect(),
        ..NamespaceConfig::default()
    }
}

pub(super) fn replication_config() -> NamespaceReplicationConfig {
    NamespaceReplicationConfig {
        active_cluster_name: CLUSTER_NAME.to_owned(),
        clusters: vec![ClusterReplicationConfig {
            cluster_name: CLUSTER_NAME.to_owned(),
            ..ClusterReplicationConfig::default()
        }],
        state: ReplicationState::Normal as i32,
    }
}

/// A duration of a message; one that is absent or below zero is none.
pub(super) fn duration(value: Option<&prost_types::Duration>) -> Duration {
    let parts = value.map(|value| (u64::try_from(value.seconds), u32::try_from(value.nanos)));
    match parts {
        Some((Ok(seconds), Ok(nanos))) => {
            Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into()))
        }
        _ => Duration::ZERO,
    }
}
