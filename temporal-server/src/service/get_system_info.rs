//! GetSystemInfo: the first call of every connection.

use temporal_protos::workflowservice::get_system_info_response::Capabilities;
use temporal_protos::workflowservice::{GetSystemInfoRequest, GetSystemInfoResponse};
use tonic::Request;

use super::{SERVER_VERSION, Service};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    _: &Service,
    _: Request<GetSystemInfoRequest>,
) -> Result<GetSystemInfoResponse, Refusal> {
    Ok(GetSystemInfoResponse {
        server_version: SERVER_VERSION.to_owned(),
        capabilities: Some(Capabilities {
            signal_and_query_header: true,
            internal_error_differentiation: true,
            activity_failure_include_heartbeat: true,
            supports_schedules: true,
            encoded_failure_attributes: true,
            build_id_based_versioning: true,
            upsert_memo: true,
            eager_workflow_start: true,
            sdk_metadata: true,
            count_group_by_execution_status: true,
            nexus: true,
            server_scaled_deployments: true,
            ..Capabilities::default()
        }),
    })
}
