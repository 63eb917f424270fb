//! RespondQueryTaskCompleted.

use temporal_protos::query::WorkflowQueryResult;
use temporal_protos::workflowservice::{
    RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse,
};
use tonic::Request;

use super::{Service, calls};
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RespondQueryTaskCompletedRequest>,
) -> Result<RespondQueryTaskCompletedResponse, Refusal> {
    let request = request.into_inner();
    let (token, _) = calls::token(service, &request.task_token, &request.namespace)?;
    let result = WorkflowQueryResult {
        result_type: request.completed_type,
        answer: request.query_result,
        error_message: request.error_message,
        failure: request.failure,
    };
    service.driver.answer_query(&token.query_id, result)?;
    Ok(RespondQueryTaskCompletedResponse {})
}
