//! ResetActivity.

use temporal_protos::workflowservice::{
    ResetActivityRequest, ResetActivityResponse, reset_activity_request::Activity,
};
use tonic::Request;

use super::Service;
use super::activity_control::{self, which};
use crate::engine::execution::activity_control::GoOn;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ResetActivityRequest>,
) -> Result<ResetActivityResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = which!(request.activity, Activity, MatchAll);
    let which = activity_control::named(&execution, which)?;
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
