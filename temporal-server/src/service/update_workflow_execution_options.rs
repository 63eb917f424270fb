//! UpdateWorkflowExecutionOptions.

use temporal_protos::workflowservice::{
    UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::options::OptionsChange;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateWorkflowExecutionOptionsRequest>,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = request.workflow_execution.unwrap_or_default();
    calls::check_workflow_id(&execution.workflow_id)?;
    let mask = request
        .update_mask
        .ok_or_else(|| Refusal::invalid("UpdateMask is required"))?;
    let options = request
        .workflow_execution_options
        .ok_or_else(|| Refusal::invalid("WorkflowExecutionOptions is required"))?;
    let change = OptionsChange::new(service.driver.limits(), options, &mask.paths)?;
    calls::check_run_id_late(&execution.run_id)?;
    let shown = service.driver.ask_run(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| {
            run.change_options(ctx, change, &request.identity)?;
            Ok(run.options())
        },
    )?;
    Ok(UpdateWorkflowExecutionOptionsResponse {
        workflow_execution_options: Some(shown),
        // as the real service leaves it
        ..UpdateWorkflowExecutionOptionsResponse::default()
    })
}
