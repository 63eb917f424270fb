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

/// How long a query waits at most, as in the real service. The command line sets no limit of its own.
const LONGEST_QUERY: Duration = Duration::from_secs(30);

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
    let wait = patience(left);
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

/// How long the service waits for an answer, if the caller waits for so long.
fn patience(left: Option<Duration>) -> Duration {
    left.map_or(LONGEST_QUERY, |left| left.min(LONGEST_QUERY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_waits_for_half_a_minute_at_most() {
        let seconds = |left: Option<u64>| patience(left.map(Duration::from_secs)).as_secs();
        assert_eq!(seconds(None), 30);
        assert_eq!(seconds(Some(3)), 3);
        assert_eq!(seconds(Some(50)), 30);
    }
}
