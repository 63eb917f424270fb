//! PauseActivity.

use temporal_protos::workflowservice::{
    PauseActivityRequest, PauseActivityResponse, pause_activity_request::Activity,
};
use tonic::Request;

use super::Service;
use super::activity_control::{self, which};
use crate::engine::execution::activity::ActivityPause;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PauseActivityRequest>,
) -> Result<PauseActivityResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = which!(request.activity, Activity);
    let which = activity_control::named(&execution, which)?;
    let (identity, reason, request_id) = (request.identity, request.reason, request.request_id);
    activity_control::ask(
        service,
        &request.namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| {
            let pause = ActivityPause {
                at: ctx.now,
                identity,
                reason,
                request_id,
            };
            run.pause_activities(ctx, &which, &pause)
        },
    )?;
    Ok(PauseActivityResponse {})
}
