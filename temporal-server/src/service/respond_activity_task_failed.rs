//! RespondActivityTaskFailed.

use temporal_protos::workflowservice::{
    RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::activity_answers::check_failure;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondActivityTaskFailedRequest>,
) -> Result<RespondActivityTaskFailedResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    let activity = token.activity();
    let failures =
        service
            .driver
            .ask_run(&namespace, &token.workflow_id, &token.run_id, |run, ctx| {
                check_failure(request.failure.as_ref())?;
                run.name_build(&activity, request.worker_version);
                run.fail_activity(
                    ctx,
                    &activity,
                    request.failure,
                    request.last_heartbeat_details,
                    &request.identity,
                )
            })?;
    Ok(RespondActivityTaskFailedResponse { failures })
}
