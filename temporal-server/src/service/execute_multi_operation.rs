//! ExecuteMultiOperation: update-with-start, the only form there is.

use std::sync::Arc;

use temporal_protos::enums::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporal_protos::workflowservice::execute_multi_operation_request::operation::Operation;
use temporal_protos::workflowservice::execute_multi_operation_response::Response as One;
use temporal_protos::workflowservice::execute_multi_operation_response::response::Response as Reply;
use temporal_protos::workflowservice::{
    ExecuteMultiOperationRequest, ExecuteMultiOperationResponse, StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
};
use tonic::Request;

use super::deadline::Deadline;
use super::update_workflow_execution::{self as update, Named};
use super::{Service, calls, start_workflow_execution as start};
use crate::driver::StartRequest;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time;

/// An update that met a closing run is tried once more, on a new run.
const ATTEMPTS: usize = 2;

pub(super) async fn handle(
    service: &Service,
    request: Request<ExecuteMultiOperationRequest>,
) -> Result<ExecuteMultiOperationResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let (begin, change) = operations(request)?;
    let mut attempt = 1;
    loop {
        let answer = once(service, &namespace, begin.clone(), change.clone(), left).await;
        let closing = Refusal::not_found("workflow update was aborted by closing workflow");
        match answer {
            Err(failed)
                if attempt < ATTEMPTS && !failed.began && failed.update == Some(closing) =>
            {
                attempt += 1;
            }
            Err(failed) => return Err(failed.refusal()),
            Ok(answer) => return Ok(answer),
        }
    }
}

/// Which of the two operations was refused, and why.
struct Failed {
    start: Option<Refusal>,
    update: Option<Refusal>,
    /// Whether the workflow was started all the same.
    began: bool,
}

impl Failed {
    fn start(refusal: Refusal) -> Self {
        Self {
            start: Some(refusal),
            update: None,
            began: false,
        }
    }

    fn update(refusal: Refusal) -> Self {
        Self {
            start: None,
            update: Some(refusal),
            began: false,
        }
    }

    fn refusal(self) -> Refusal {
        let bystander = || Some(Refusal::Aborted("Operation was aborted.".into()));
        Refusal::MultiOperation {
            message: "Update-with-Start could not be executed.".into(),
            operations: vec![
                match self.began {
                    true => None,
                    false => self.start.or_else(bystander),
                },
                self.update.or_else(bystander),
            ],
        }
    }
}

fn operations(
    request: ExecuteMultiOperationRequest,
) -> Result<
    (
        StartWorkflowExecutionRequest,
        UpdateWorkflowExecutionRequest,
    ),
    Refusal,
> {
    let wrong = || Refusal::invalid("Operations have to be exactly [Start, Update].");
    let mut given = request.operations.into_iter().map(|one| one.operation);
    let (
        Some(Some(Operation::StartWorkflow(begin))),
        Some(Some(Operation::UpdateWorkflow(change))),
        None,
    ) = (given.next(), given.next(), given.next())
    else {
        return Err(wrong());
    };
    Ok((begin, change))
}

async fn once(
    service: &Service,
    namespace: &Arc<Namespace>,
    begin: StartWorkflowExecutionRequest,
    change: UpdateWorkflowExecutionRequest,
    left: Option<std::time::Duration>,
) -> Result<ExecuteMultiOperationResponse, Failed> {
    let request = checked_start(service, namespace, begin).map_err(Failed::start)?;
    let workflow_id = request.workflow_id.clone();
    let request_id = request.run.request_id.clone();
    let (change, stage) =
        checked_update(service, namespace, &workflow_id, change).map_err(Failed::update)?;
    let named = Named::of(&change);
    let request = StartRequest {
        update: Some(change),
        ..request
    };
    let mut started = service
        .driver
        .start_workflow(namespace, request)
        .map_err(Failed::start)?;
    if let Some(refusal) = started.update_refused.take() {
        return Err(Failed::update(refusal));
    }
    let wait = started
        .update
        .take()
        .ok_or_else(|| Failed::update(Refusal::already_completed()))?;
    let updated = update::answer(namespace, named, wait, stage, left)
        .await
        .map_err(|refusal| Failed {
            began: started.started,
            ..Failed::update(refusal)
        })?;
    let mut began = start::response(namespace, &workflow_id, &request_id, started);
    if !began.started {
        began.first_execution_run_id.clear();
    }
    let replies = [Reply::StartWorkflow(began), Reply::UpdateWorkflow(updated)];
    Ok(ExecuteMultiOperationResponse {
        responses: replies
            .map(|reply| One {
                response: Some(reply),
            })
            .into(),
    })
}

fn checked_start(
    service: &Service,
    namespace: &Arc<Namespace>,
    request: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Refusal> {
    check_namespace(namespace, &request.namespace)?;
    let refused = if !request.cron_schedule.is_empty() {
        Some("CronSchedule is not allowed.")
    } else if request.request_eager_execution {
        Some("RequestEagerExecution is not supported.")
    } else if !time::checked(request.workflow_start_delay.as_ref()).is_zero() {
        Some("WorkflowStartDelay is not supported.")
    } else {
        None
    };
    let checked = start::checked(service, namespace, request)?;
    match refused {
        Some(why) => Err(Refusal::invalid(why)),
        None => Ok(checked),
    }
}

fn checked_update(
    service: &Service,
    namespace: &Namespace,
    workflow_id: &str,
    request: UpdateWorkflowExecutionRequest,
) -> Result<(temporal_protos::update::Request, Stage), Refusal> {
    check_namespace(namespace, &request.namespace)?;
    let execution = calls::execution(request.workflow_execution)?;
    if execution.workflow_id != workflow_id {
        return Err(Refusal::invalid(
            "WorkflowId is not consistent with previous operation(s).",
        ));
    }
    if !execution.run_id.is_empty() {
        return Err(Refusal::invalid("RunId is not allowed."));
    }
    if !request.first_execution_run_id.is_empty() {
        return Err(Refusal::invalid("FirstExecutionRunId is not allowed."));
    }
    let change = update::checked(service, request.request)?;
    Ok((change, update::stage(request.wait_policy)?))
}

fn check_namespace(namespace: &Namespace, named: &str) -> Result<(), Refusal> {
    if named.is_empty() || named == namespace.name {
        return Ok(());
    }
    Err(Refusal::invalid(
        "Operation namespace did not match request's namespace.",
    ))
}
