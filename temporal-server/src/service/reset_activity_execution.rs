//! ResetActivityExecution.

use temporal_protos::workflowservice::{
    ResetActivityExecutionRequest, ResetActivityExecutionResponse,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity_control::GoOn;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ResetActivityExecutionRequest>,
) -> Result<ResetActivityExecutionResponse, Refusal> {
    let request = request.into_inner();
    let which = activity_control::by_id(&request.workflow_id, &request.activity_id)?;
    let how = GoOn {
        resets_attempts: true,
        resets_heartbeat: request.reset_heartbeat,
        keeps_paused: request.keep_paused,
        restores_options: request.restore_original_options,
    };
    activity_control::ask(
        service,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| run.reset_activities(ctx, &which, how),
    )?;
    Ok(ResetActivityExecutionResponse {})
}
