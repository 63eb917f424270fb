//! RespondWorkflowTaskFailed.

use temporal_protos::enums::WorkflowTaskFailedCause as Cause;
use temporal_protos::workflowservice::{
    RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondWorkflowTaskFailedRequest>,
) -> Result<RespondWorkflowTaskFailedResponse, Refusal> {
    let request = request.into_inner();
    let (token, namespace) = calls::token(service, &request.task_token, &request.namespace)?;
    let cause = Cause::try_from(request.cause).unwrap_or(Cause::Unspecified);
    let named = token.workflow_task();
    service
        .driver
        .ask_run(&namespace, &token.workflow_id, &token.run_id, |run, ctx| {
            run.task_failed_by_worker(ctx, &named, cause, request.failure, &request.identity)
        })?;
    Ok(RespondWorkflowTaskFailedResponse {})
}
