//! SignalWorkflowExecution.

use temporal_protos::enums::EventType;
use temporal_protos::workflowservice::{
    SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::execution::signal::Signal;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<SignalWorkflowExecutionRequest>,
) -> Result<SignalWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    if request.signal_name.is_empty() {
        return Err(Refusal::invalid("SignalName is not set on request."));
    }
    calls::check_length(service, "SignalName", &request.signal_name)?;
    calls::check_length(service, "RequestId", &request.request_id)?;
    let request_id = request.request_id.clone();
    let signal = Signal {
        name: request.signal_name,
        input: request.input,
        header: request.header,
        identity: request.identity,
        request_id: request.request_id,
        links: request.links,
        sender: None,
    };
    let run_id = service.driver.ask_run(
        &namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| {
            run.signal(ctx, signal)?;
            Ok(run.run_id.clone())
        },
    )?;
    let made = EventType::WorkflowExecutionSignaled;
    Ok(SignalWorkflowExecutionResponse {
        link: Some(calls::request_link(
            &namespace,
            &execution.workflow_id,
            &run_id,
            &request_id,
            made,
        )),
    })
}
