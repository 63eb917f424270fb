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
    let execution = calls::execution(request.workflow_execution)?;
    let paths = request.update_mask.unwrap_or_default().paths;
    let limits = service.driver.limits();
    let change = OptionsChange::new(limits, request.workflow_execution_options, &paths)?;
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
