//! ResetWorkflowExecution.

use temporal_protos::workflow::PostResetOperation;
use temporal_protos::workflow::post_reset_operation::Variant;
use temporal_protos::workflowservice::{
    ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::options::OptionsChange;
use crate::engine::execution::reset::{Kept, Reset};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<ResetWorkflowExecutionRequest>,
) -> Result<ResetWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    if request.request_id.is_empty() {
        return Err(Refusal::invalid("RequestId is not set on request."));
    }
    calls::check_length(service, "RequestId", &request.request_id)?;
    let reset = Reset {
        finish_event_id: request.workflow_task_finish_event_id,
        request_id: request.request_id,
        new_run_id: String::new(),
        reason: request.reason,
        keeps: Kept::new(
            request.reset_reapply_type,
            &request.reset_reapply_exclude_types,
        ),
        options: request
            .post_reset_operations
            .into_iter()
            .map(|operation| options_change(service, operation))
            .collect::<Result<_, _>>()?,
    };
    let run_id = service.driver.reset_run(&namespace, &execution, reset)?;
    Ok(ResetWorkflowExecutionResponse { run_id })
}

/// What an operation changes of the new run's options.
fn options_change(
    service: &Service,
    operation: PostResetOperation,
) -> Result<OptionsChange, Refusal> {
    let change = match operation.variant {
        Some(Variant::UpdateWorkflowOptions(change)) => change,
        Some(Variant::SignalWorkflow(_)) => {
            return Err(Refusal::invalid(
                "unsupported post reset operation: *workflow.PostResetOperation_SignalWorkflow_",
            ));
        }
        None => return Err(Refusal::invalid("unsupported post reset operation: <nil>")),
    };
    let paths = change.update_mask.unwrap_or_default().paths;
    let limits = service.driver.limits();
    let options = change.workflow_execution_options.unwrap_or_default();
    OptionsChange::new(limits, options, &paths)
}
