//! RespondActivityTaskCanceled.

use temporal_protos::workflowservice::{
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondActivityTaskCanceledRequest>,
) -> Result<RespondActivityTaskCanceledResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    let activity = token.activity();
    service
        .driver
        .ask_run(&namespace, &token.workflow_id, &token.run_id, |run, ctx| {
            run.cancel_activity(ctx, &activity, request.details, &request.identity)
        })?;
    Ok(RespondActivityTaskCanceledResponse {})
}
