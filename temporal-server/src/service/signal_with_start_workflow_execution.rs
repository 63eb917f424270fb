//! SignalWithStartWorkflowExecution.

use temporal_protos::enums::{EventType, WorkflowIdConflictPolicy as Conflict};
use temporal_protos::workflowservice::{
    SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
    StartWorkflowExecutionRequest,
};
use tonic::Request;

use super::{Service, calls};
use crate::driver::{Attaches, StartRequest};
use crate::engine::execution::signal::Signal;
use crate::engine::execution::start_check;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<SignalWithStartWorkflowExecutionRequest>,
) -> Result<SignalWithStartWorkflowExecutionResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve_for_start(&request.namespace)?;
    check(service, &request)?;
    let request_id = match request.request_id.is_empty() {
        true => uuid::Uuid::new_v4().to_string(),
        false => request.request_id.clone(),
    };
    let policies = start_check::id_policies(
        request.workflow_id_reuse_policy,
        request.workflow_id_conflict_policy,
        Conflict::UseExisting,
    )?;
    if request.workflow_id_conflict_policy == i32::from(Conflict::Fail) {
        return Err(Refusal::invalid(
            "Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for this operation.",
        ));
    }
    let workflow_id = request.workflow_id.clone();
    let signal = Signal {
        name: request.signal_name.clone(),
        input: request.signal_input.clone(),
        header: request.header.clone(),
        identity: request.identity.clone(),
        request_id: request_id.clone(),
        links: request.links.clone(),
        sender: None,
    };
    let run = service
        .driver
        .check_start(&namespace, start_of(request, &request_id))?;
    let start = StartRequest {
        workflow_id: workflow_id.clone(),
        policies,
        run,
        eager: false,
        signal: Some(signal),
        update: None,
        attaches: Attaches::default(),
    };
    let started = service.driver.start_workflow(&namespace, start)?;
    let made = EventType::WorkflowExecutionSignaled;
    Ok(SignalWithStartWorkflowExecutionResponse {
        signal_link: Some(calls::request_link(
            &namespace,
            &workflow_id,
            &started.run_id,
            &request_id,
            made,
        )),
        run_id: started.run_id,
        first_execution_run_id: started.first_run_id,
        started: started.started,
    })
}

fn check(
    service: &Service,
    request: &SignalWithStartWorkflowExecutionRequest,
) -> Result<(), Refusal> {
    let limit = service.driver.limits().id_bytes;
    start_check::check_workflow_id(service.driver.limits(), &request.workflow_id)?;
    if request.signal_name.is_empty() {
        return Err(Refusal::invalid("signal not set"));
    }
    if request.signal_name.len() > limit {
        let length = request.signal_name.len();
        return Err(Refusal::invalid(format!(
            "signal name exceeds maximum allowed length ({length}/{limit})"
        )));
    }
    if request
        .workflow_type
        .as_ref()
        .is_none_or(|kind| kind.name.is_empty())
    {
        return Err(Refusal::invalid("workflow type not set"));
    }
    let kind = request.workflow_type.as_ref();
    let length = kind.map_or(0, |kind| kind.name.len());
    if length > limit {
        return Err(Refusal::invalid(format!(
            "workflow type name exceeds maximum allowed length ({length}/{limit})"
        )));
    }
    Ok(())
}

fn start_of(
    request: SignalWithStartWorkflowExecutionRequest,
    request_id: &str,
) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        input: request.input,
        workflow_execution_timeout: request.workflow_execution_timeout,
        workflow_run_timeout: request.workflow_run_timeout,
        workflow_task_timeout: request.workflow_task_timeout,
        identity: request.identity,
        request_id: request_id.into(),
        retry_policy: request.retry_policy,
        cron_schedule: request.cron_schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
        header: request.header,
        workflow_start_delay: request.workflow_start_delay,
        user_metadata: request.user_metadata,
        links: request.links,
        priority: request.priority,
        time_skipping_config: request.time_skipping_config,
        ..Default::default()
    }
}
