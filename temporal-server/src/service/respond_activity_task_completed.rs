//! RespondActivityTaskCompleted.

use temporal_protos::workflowservice::{
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondActivityTaskCompletedRequest>,
) -> Result<RespondActivityTaskCompletedResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    let activity = token.activity();
    service
        .driver
        .ask_run(&namespace, &token.workflow_id, &token.run_id, |run, ctx| {
            run.name_build(&activity, request.worker_version);
            run.complete_activity(ctx, &activity, request.result, &request.identity)
        })?;
    Ok(RespondActivityTaskCompletedResponse {})
}
