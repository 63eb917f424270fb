//! RecordActivityTaskHeartbeat.

use temporal_protos::workflowservice::{
    RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RecordActivityTaskHeartbeatRequest>,
) -> Result<RecordActivityTaskHeartbeatResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    let activity = token.activity();
    let beat =
        service
            .driver
            .ask_run(&namespace, &token.workflow_id, &token.run_id, |run, ctx| {
                run.heartbeat_activity(ctx, &activity, request.details)
            })?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested: beat.cancel_requested,
        activity_paused: beat.paused,
        activity_reset: beat.reset,
    })
}
