//! RespondActivityTaskCanceledById.

use temporal_protos::workflowservice::{
    RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
};
use tonic::Request;

use super::{Service, activity_by_id};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondActivityTaskCanceledByIdRequest>,
) -> Result<RespondActivityTaskCanceledByIdResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let activity =
        activity_by_id::find(&request.workflow_id, &request.run_id, &request.activity_id)?;
    service.driver.ask_run(
        &namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| run.cancel_activity(ctx, &activity, request.details, &request.identity),
    )?;
    Ok(RespondActivityTaskCanceledByIdResponse {})
}
