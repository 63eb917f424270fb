//! UpdateWorkflowExecutionOptions, and what of the options may be changed: the priority.

use temporal_protos::common::Priority;
use temporal_protos::workflow::WorkflowExecutionOptions;
use temporal_protos::workflowservice::{
    UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateWorkflowExecutionOptionsRequest>,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    let paths = request.update_mask.unwrap_or_default().paths;
    let priority = changed_priority(request.workflow_execution_options, &paths)?;
    let now = service.driver.now();
    let shown = service.driver.ask_run(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| {
            run.change_priority(ctx, priority, &request.identity)?;
            Ok(run.start.priority.clone())
        },
    )?;
    Ok(UpdateWorkflowExecutionOptionsResponse {
        workflow_execution_options: Some(WorkflowExecutionOptions {
            priority: shown,
            ..WorkflowExecutionOptions::default()
        }),
        update_time: Some(now.to_proto()),
    })
}

/// The priority that a change of options gives to a run.
pub(super) fn changed_priority(
    options: Option<WorkflowExecutionOptions>,
    paths: &[String],
) -> Result<Option<Priority>, Refusal> {
    if paths.is_empty() {
        return Err(Refusal::invalid("UpdateMask is not set on request."));
    }
    if let Some(path) = paths.iter().find(|path| *path != "priority") {
        return Err(Refusal::Unimplemented(format!(
            "this service changes the option `priority` of a workflow only, not `{path}`"
        )));
    }
    let priority = options.unwrap_or_default().priority;
    if priority
        .as_ref()
        .is_some_and(|priority| priority.priority_key < 0)
    {
        return Err(Refusal::invalid("priority key can't be negative"));
    }
    Ok(priority)
}
