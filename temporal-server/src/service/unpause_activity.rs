//! UnpauseActivity.

use temporal_protos::workflowservice::{
    UnpauseActivityRequest, UnpauseActivityResponse, unpause_activity_request::Activity,
};
use tonic::Request;

use super::Service;
use super::activity_control::{self, which};
use crate::engine::execution::activity_control::GoOn;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UnpauseActivityRequest>,
) -> Result<UnpauseActivityResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = which!(request.activity, Activity, UnpauseAll);
    let which = activity_control::named(&execution, which)?;
    let how = GoOn {
        resets_attempts: request.reset_attempts,
        resets_heartbeat: request.reset_heartbeat,
        ..GoOn::default()
    };
    activity_control::ask(
        service,
        &request.namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| run.unpause_activities(ctx, &which, how),
    )?;
    Ok(UnpauseActivityResponse {})
}
