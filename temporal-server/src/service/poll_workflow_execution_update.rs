//! PollWorkflowExecutionUpdate.

use temporal_protos::enums::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporal_protos::update::UpdateRef;
use temporal_protos::workflowservice::{
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<PollWorkflowExecutionUpdateRequest>,
) -> Result<PollWorkflowExecutionUpdateResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let named = request
        .update_ref
        .ok_or_else(|| Refusal::invalid("UpdateRef is not set on request."))?;
    let execution = named.workflow_execution.unwrap_or_default();
    if execution.workflow_id.is_empty() {
        return Err(Refusal::invalid(
            "Can't load workflow execution. WorkflowId not set.",
        ));
    }
    calls::check_run_id_late(&execution.run_id)?;
    let mut wait = service
        .driver
        .find_update(&namespace, &execution, &named.update_id)?;
    let stage = request
        .wait_policy
        .and_then(|policy| Stage::try_from(policy.lifecycle_stage).ok());
    let status = match stage {
        None | Some(Stage::Unspecified) => wait.status()?,
        Some(stage) => wait.reach(stage, left).await?,
    };
    Ok(PollWorkflowExecutionUpdateResponse {
        outcome: status.outcome,
        stage: status.stage.into(),
        update_ref: Some(UpdateRef {
            workflow_execution: Some(status.execution),
            update_id: named.update_id,
        }),
    })
}
