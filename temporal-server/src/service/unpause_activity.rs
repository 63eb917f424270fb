//! UnpauseActivity.

use temporal_protos::workflowservice::{
    UnpauseActivityRequest, UnpauseActivityResponse, unpause_activity_request::Activity,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity_control::{GoOn, Which};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UnpauseActivityRequest>,
) -> Result<UnpauseActivityResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = activity_control::named(
        &execution,
        request.activity.and_then(|named| match named {
            Activity::Id(id) => Some(Which::Id(id)),
            Activity::Type(name) => Some(Which::Type(name)),
            Activity::UnpauseAll(true) => Some(Which::All),
            Activity::UnpauseAll(false) => None,
        }),
    )?;
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
