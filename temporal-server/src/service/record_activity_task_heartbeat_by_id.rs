//! RecordActivityTaskHeartbeatById.

use temporal_protos::workflowservice::{
    RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
};
use tonic::Request;

use super::{Service, activity_by_id};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RecordActivityTaskHeartbeatByIdRequest>,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let activity =
        activity_by_id::find(&request.workflow_id, &request.run_id, &request.activity_id)?;
    let beat = service.driver.ask_run(
        &namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| run.heartbeat_activity(ctx, &activity, request.details),
    )?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested: beat.cancel_requested,
        activity_paused: beat.paused,
        activity_reset: beat.reset,
    })
}
