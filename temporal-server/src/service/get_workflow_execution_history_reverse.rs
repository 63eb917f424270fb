//! GetWorkflowExecutionHistoryReverse.

use temporal_protos::history::History;
use temporal_protos::workflowservice::{
    GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<GetWorkflowExecutionHistoryReverseRequest>,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.execution)?;
    let page = service.driver.read_history_backwards(
        &namespace,
        &execution,
        &request.next_page_token,
        request.maximum_page_size,
    )?;
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(History {
            events: page.events,
        }),
        next_page_token: page.next.map(|token| token.encode()).unwrap_or_default(),
    })
}
