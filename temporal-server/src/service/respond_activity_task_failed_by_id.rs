//! RespondActivityTaskFailedById.

use temporal_protos::workflowservice::{
    RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse,
};
use tonic::Request;

use super::{Service, activity_by_id};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondActivityTaskFailedByIdRequest>,
) -> Result<RespondActivityTaskFailedByIdResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let activity =
        activity_by_id::find(&request.workflow_id, &request.run_id, &request.activity_id)?;
    let failures = service.driver.ask_run(
        &namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| {
            run.fail_activity(
                ctx,
                &activity,
                request.failure,
                request.last_heartbeat_details,
                &request.identity,
            )
        },
    )?;
    Ok(RespondActivityTaskFailedByIdResponse { failures })
}
