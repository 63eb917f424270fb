//! ResetActivity.

use temporal_protos::workflowservice::{
    ResetActivityRequest, ResetActivityResponse, reset_activity_request::Activity,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity_control::{GoOn, Which};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ResetActivityRequest>,
) -> Result<ResetActivityResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = activity_control::named(
        &execution,
        request.activity.and_then(|named| match named {
            Activity::Id(id) => Some(Which::Id(id)),
            Activity::Type(name) => Some(Which::Type(name)),
            Activity::MatchAll(true) => Some(Which::All),
            Activity::MatchAll(false) => None,
        }),
    )?;
    let how = GoOn {
        resets_attempts: true,
        resets_heartbeat: request.reset_heartbeat,
        keeps_paused: request.keep_paused,
        restores_options: request.restore_original_options,
    };
    activity_control::ask(
        service,
        &request.namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| run.reset_activities(ctx, &which, how),
    )?;
    Ok(ResetActivityResponse {})
}
