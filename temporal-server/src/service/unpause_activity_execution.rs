//! UnpauseActivityExecution.

use temporal_protos::workflowservice::{
    UnpauseActivityExecutionRequest, UnpauseActivityExecutionResponse,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity_control::GoOn;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UnpauseActivityExecutionRequest>,
) -> Result<UnpauseActivityExecutionResponse, Refusal> {
    let request = request.into_inner();
    let which = activity_control::by_id(&request.workflow_id, &request.activity_id)?;
    activity_control::ask(
        service,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| run.unpause_activities(ctx, &which, GoOn::default()),
    )?;
    Ok(UnpauseActivityExecutionResponse {})
}
