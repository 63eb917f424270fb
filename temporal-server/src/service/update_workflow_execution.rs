//! UpdateWorkflowExecution.

use temporal_protos::common::Link;
use temporal_protos::common::link::{Variant, Workflow};
use temporal_protos::enums::{EventType, UpdateWorkflowExecutionLifecycleStage as Stage};
use temporal_protos::update::outcome::Value;
use temporal_protos::update::{Request as Update, UpdateRef, WaitPolicy};
use temporal_protos::workflowservice::{
    UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::driver::{UpdateStatus, UpdateWait};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateWorkflowExecutionRequest>,
) -> Result<UpdateWorkflowExecutionResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    let update = checked(service, request.request)?;
    let stage = stage(request.wait_policy)?;
    let named = Named::of(&update);
    let wait = service.driver.admit_update(
        &namespace,
        &execution,
        &request.first_execution_run_id,
        update,
    )?;
    answer(&namespace, named, wait, stage, left).await
}

/// What of an update its answer names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    update_id: String,
    request_id: String,
}

impl Named {
    pub(super) fn of(update: &Update) -> Self {
        Self {
            update_id: update
                .meta
                .as_ref()
                .map(|meta| meta.update_id.clone())
                .unwrap_or_default(),
            request_id: update.request_id.clone(),
        }
    }
}

/// Waits for an update and tells how far it is.
pub(super) async fn answer(
    namespace: &Namespace,
    named: Named,
    wait: UpdateWait,
    stage: Stage,
    left: Option<std::time::Duration>,
) -> Result<UpdateWorkflowExecutionResponse, Refusal> {
    let status = wait.reach(stage, left).await?;
    let link = link(namespace, &named.request_id, &status);
    Ok(UpdateWorkflowExecutionResponse {
        update_ref: Some(UpdateRef {
            workflow_execution: Some(status.execution),
            update_id: named.update_id,
        }),
        outcome: status.outcome,
        stage: status.stage.into(),
        link: Some(link),
    })
}

fn link(namespace: &Namespace, request_id: &str, status: &UpdateStatus) -> Link {
    let execution = &status.execution;
    let rejected = matches!(
        status
            .outcome
            .as_ref()
            .and_then(|outcome| outcome.value.as_ref()),
        Some(Value::Failure(_))
    );
    if rejected {
        return Link {
            variant: Some(Variant::Workflow(Workflow {
                namespace: namespace.name.clone(),
                workflow_id: execution.workflow_id.clone(),
                run_id: execution.run_id.clone(),
                reason: "Update rejected".into(),
            })),
        };
    }
    let made = EventType::WorkflowExecutionUpdateAccepted;
    calls::request_link(
        namespace,
        &execution.workflow_id,
        &execution.run_id,
        request_id,
        made,
    )
}

/// An update request, checked and with an id.
pub(super) fn checked(service: &Service, update: Option<Update>) -> Result<Update, Refusal> {
    let mut update = update.unwrap_or_default();
    let Some(meta) = &mut update.meta else {
        return Err(Refusal::invalid("Update meta is not set on request."));
    };
    calls::check_length(service, "UpdateId", &meta.update_id)?;
    if meta.update_id.is_empty() {
        meta.update_id = uuid::Uuid::new_v4().to_string();
    }
    let Some(input) = &update.input else {
        return Err(Refusal::invalid("Update input is not set on request."));
    };
    if input.name.is_empty() {
        return Err(Refusal::invalid("Update name is not set on request."));
    }
    Ok(update)
}

/// The stage that a caller waits for.
pub(super) fn stage(policy: Option<WaitPolicy>) -> Result<Stage, Refusal> {
    match policy.map(|policy| Stage::try_from(policy.lifecycle_stage)) {
        Some(Ok(Stage::Admitted)) => Err(Refusal::PermissionDenied(
            "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.".into(),
        )),
        Some(Ok(Stage::Accepted)) => Ok(Stage::Accepted),
        _ => Ok(Stage::Completed),
    }
}
