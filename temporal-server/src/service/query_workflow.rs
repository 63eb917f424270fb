//! QueryWorkflow.

use std::time::Duration;

use prost::Message as _;
use temporal_protos::enums::QueryRejectCondition;
use temporal_protos::query::QueryRejected;
use temporal_protos::workflowservice::{QueryWorkflowRequest, QueryWorkflowResponse};
use tonic::Request;

use super::deadline::Deadline;
use super::{Service, calls};
use crate::driver::QueryOutcome;
use crate::engine::refusal::Refusal;

/// How long a query waits whose caller sets no limit.
const LONGEST_QUERY: Duration = Duration::from_secs(60);

pub(super) async fn handle(
    service: &Service,
    request: Request<QueryWorkflowRequest>,
) -> Result<QueryWorkflowResponse, Refusal> {
    let left = Deadline::of(&request).0;
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let execution = calls::execution(request.execution)?;
    let query = request
        .query
        .ok_or_else(|| Refusal::invalid("WorkflowQuery is not set on request."))?;
    if query.query_type.is_empty() {
        return Err(Refusal::invalid("QueryType is not set on request."));
    }
    let limit = service.driver.limits().blob_bytes;
    if query
        .query_args
        .as_ref()
        .is_some_and(|arguments| arguments.encoded_len() > limit)
    {
        return Err(Refusal::invalid("Blob data size exceeds limit."));
    }
    let condition =
        QueryRejectCondition::try_from(request.query_reject_condition).unwrap_or_default();
    let wait = left.unwrap_or(LONGEST_QUERY).min(LONGEST_QUERY);
    let outcome = service
        .driver
        .query(&namespace, &execution, query, condition, wait)
        .await?;
    Ok(match outcome {
        QueryOutcome::Answered(answer) => QueryWorkflowResponse {
            query_result: answer,
            ..Default::default()
        },
        QueryOutcome::Rejected(status) => QueryWorkflowResponse {
            query_rejected: Some(QueryRejected {
                status: status.into(),
            }),
            ..Default::default()
        },
    })
}
