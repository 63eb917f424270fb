//! PauseActivityExecution.

use temporal_protos::workflowservice::{
    PauseActivityExecutionRequest, PauseActivityExecutionResponse,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity::ActivityPause;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PauseActivityExecutionRequest>,
) -> Result<PauseActivityExecutionResponse, Refusal> {
    let request = request.into_inner();
    let which = activity_control::by_id(&request.workflow_id, &request.activity_id)?;
    let (identity, reason, request_id) = (request.identity, request.reason, request.request_id);
    activity_control::ask(
        service,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
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
    Ok(PauseActivityExecutionResponse {})
}
