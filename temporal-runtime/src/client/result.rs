//! Waiting for the end of a workflow: by its last event, through every run that follows.

use temporal_protos::{
    common::{Payload as RawPayload, Payloads},
    enums::{HistoryEventFilterType, TimeoutType},
    failure::{
        CanceledFailureInfo, Failure as ProtoFailure, TerminatedFailureInfo, TimeoutFailureInfo,
        failure::FailureInfo,
    },
    history::{HistoryEvent, history_event::Attributes},
    workflowservice::GetWorkflowExecutionHistoryRequest,
};

use super::{Call, WorkflowHandle};
use crate::{
    convert::json_payload,
    error::{Error, ErrorKind, Result},
    failure::Failure,
};

/// How a run ended.
enum End {
    Completed(Option<Payloads>),
    Failed(Box<Failure>),
    /// It goes on in another run.
    Continued(String),
}

/// Waits until the workflow has ended for good.
pub(super) async fn wait(handle: &WorkflowHandle<()>) -> Result<RawPayload> {
    let client = handle.client();
    let unlocked = match client.time_skipping() {
        Some(clock) => Some(clock.unlock().await?),
        None => None,
    };
    let result = tokio::select! {
        biased;
        result = follow(handle) => result,
        error = never_comes(handle) => Err(error),
    };
    if let Some(unlocked) = unlocked {
        unlocked.lock().await;
    }
    result
}

/// In a test environment: why there will be no result.
async fn never_comes(handle: &WorkflowHandle<()>) -> Error {
    let client = handle.client();
    let stuck = async {
        match client.stuck() {
            Some(stuck) => stuck.wait_for(handle.id()).await,
            None => std::future::pending().await,
        }
    };
    let lost = async {
        match client.patience() {
            Some(patience) => patience.is_lost(handle).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        error = stuck => error,
        error = lost => error,
    }
}

async fn follow(handle: &WorkflowHandle<()>) -> Result<RawPayload> {
    let mut run = handle.first_run();
    loop {
        let (at, event) = last_event(handle, run).await?;
        run = match end(event)? {
            End::Completed(payloads) => return Ok(first(payloads)),
            End::Failed(failure) => return Err(failed(handle.id(), &at, *failure)),
            End::Continued(next) => next,
        };
    }
}

/// Nothing is `null`, which `()` and optional results accept.
fn first(payloads: Option<Payloads>) -> RawPayload {
    payloads
        .and_then(|p| p.payloads.into_iter().next())
        .unwrap_or_else(|| json_payload(&()).unwrap_or_default())
}

/// The closing event of a run, and the run's id if it is known.
async fn last_event(handle: &WorkflowHandle<()>, run: String) -> Result<(String, HistoryEvent)> {
    let client = handle.client();
    let mut token = bytes::Bytes::new();
    loop {
        let mut execution = handle.execution();
        execution.run_id.clone_from(&run);
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: client.namespace().to_owned(),
            execution: Some(execution),
            next_page_token: token,
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            skip_archival: true,
            ..Default::default()
        };
        let page = client
            .connection()
            .get_workflow_execution_history(request, client.namespace(), Call::LongPoll)
            .await
            .map_err(|failure| handle.error(failure))?;
        let event = page.history.and_then(|h| h.events.into_iter().next_back());
        if let Some(event) = event {
            return Ok((run, event));
        }
        token = page.next_page_token;
    }
}

fn end(event: HistoryEvent) -> Result<End> {
    use Attributes as A;
    let next = |run: &str| (!run.is_empty()).then(|| End::Continued(run.to_owned()));
    let end = match event.attributes {
        Some(A::WorkflowExecutionCompletedEventAttributes(a)) => {
            next(&a.new_execution_run_id).unwrap_or(End::Completed(a.result))
        }
        Some(A::WorkflowExecutionFailedEventAttributes(a)) => {
            next(&a.new_execution_run_id).unwrap_or_else(|| ended(a.failure.unwrap_or_default()))
        }
        Some(A::WorkflowExecutionTimedOutEventAttributes(a)) => {
            next(&a.new_execution_run_id).unwrap_or_else(|| ended(timed_out()))
        }
        Some(A::WorkflowExecutionContinuedAsNewEventAttributes(a)) => {
            End::Continued(a.new_execution_run_id)
        }
        Some(A::WorkflowExecutionCanceledEventAttributes(a)) => ended(ProtoFailure {
            message: "the workflow was cancelled".to_owned(),
            failure_info: Some(FailureInfo::CanceledFailureInfo(CanceledFailureInfo {
                details: a.details,
                ..Default::default()
            })),
            ..ProtoFailure::default()
        }),
        Some(A::WorkflowExecutionTerminatedEventAttributes(a)) => ended(ProtoFailure {
            message: a.reason,
            failure_info: Some(FailureInfo::TerminatedFailureInfo(TerminatedFailureInfo {
                identity: a.identity,
            })),
            ..ProtoFailure::default()
        }),
        _ => {
            return Err(Error::new(
                ErrorKind::Rpc,
                format!(
                    "event {} ended the workflow, and this version does not know its kind",
                    event.event_id
                ),
            ));
        }
    };
    Ok(end)
}

fn ended(failure: ProtoFailure) -> End {
    End::Failed(Box::new(Failure::from_proto(failure)))
}

fn timed_out() -> ProtoFailure {
    ProtoFailure {
        message: "the workflow ran out of time".to_owned(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: TimeoutType::StartToClose.into(),
            ..Default::default()
        })),
        ..ProtoFailure::default()
    }
}

/// The typed error of a workflow that did not complete.
fn failed(workflow_id: &str, run_id: &str, failure: Failure) -> Error {
    use crate::failure::FailureKind as K;
    let message = match failure.kind() {
        K::Canceled => "the workflow was cancelled",
        K::Terminated => "the workflow was terminated",
        K::Timeout(_) => "the workflow ran out of time",
        _ => "the workflow failed",
    };
    Error::new(ErrorKind::Workflow, message)
        .with_source(failure)
        .with_execution(workflow_id, Some(run_id))
}
