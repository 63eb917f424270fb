//! GetWorkflowExecutionHistory.

use temporal_protos::enums::{EventType, HistoryEventFilterType};
use temporal_protos::history::history_event::Attributes;
use temporal_protos::history::{
    History, HistoryEvent, WorkflowExecutionContinuedAsNewEventAttributes,
};
use temporal_protos::workflowservice::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::driver::Read;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<GetWorkflowExecutionHistoryRequest>,
) -> Result<GetWorkflowExecutionHistoryResponse, Refusal> {
    let wait = calls::wait(Deadline::of(&request).0);
    let header = |name: &str| {
        request
            .metadata()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let is_tool = matches!(header("client-name"), "temporal-cli" | "temporal-ui");
    let follows = header("supported-features")
        .split(',')
        .any(|feature| feature.trim() == "follows-next-run-id");
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.execution)?;
    let close_event_only =
        request.history_event_filter_type == i32::from(HistoryEventFilterType::CloseEvent);
    let read = Read {
        execution,
        token: request.next_page_token,
        page_size: request.maximum_page_size,
        waits: request.wait_new_event,
        close_event_only,
        shows_unwritten: !is_tool,
        wait,
    };
    let mut page = service.driver.read_history(&namespace, &read).await?;
    if close_event_only && !follows {
        page.events.iter_mut().for_each(continue_as_new);
    }
    Ok(GetWorkflowExecutionHistoryResponse {
        history: Some(History {
            events: page.events,
        }),
        next_page_token: page.next.map(|token| token.encode()).unwrap_or_default(),
        ..Default::default()
    })
}

/// A client that cannot follow the run that comes after a closing event sees a continue-as-new in its place.
fn continue_as_new(event: &mut HistoryEvent) {
    let (run_id, failure, result) = match event.attributes.take() {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(a))
            if !a.new_execution_run_id.is_empty() =>
        {
            (a.new_execution_run_id, None, a.result)
        }
        Some(Attributes::WorkflowExecutionFailedEventAttributes(a))
            if !a.new_execution_run_id.is_empty() =>
        {
            (a.new_execution_run_id, a.failure, None)
        }
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(a))
            if !a.new_execution_run_id.is_empty() =>
        {
            let failure = crate::engine::failure::timeout(
                "workflow timeout",
                temporal_protos::enums::TimeoutType::StartToClose,
                None,
            );
            (a.new_execution_run_id, Some(failure), None)
        }
        other => {
            event.attributes = other;
            return;
        }
    };
    event.event_type = EventType::WorkflowExecutionContinuedAsNew.into();
    // The clients that need this read the failure here, although the field is deprecated.
    let continued = WorkflowExecutionContinuedAsNewEventAttributes {
        new_execution_run_id: run_id,
        failure,
        last_completion_result: result,
        ..Default::default()
    };
    event.attributes = Some(continued.into());
}
