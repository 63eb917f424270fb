//! CountWorkflowExecutions.

use temporal_protos::workflowservice::count_workflow_executions_response::AggregationGroup;
use temporal_protos::workflowservice::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse,
};
use tonic::Request;

use super::Service;
use super::list_workflow_executions::compiled;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<CountWorkflowExecutionsRequest>,
) -> Result<CountWorkflowExecutionsResponse, Refusal> {
    let request = request.into_inner();
    let (id, query) = compiled(service, &request.namespace, &request.query)?;
    let count = service.index().await?.count(&id, &query);
    let groups = count.groups.into_iter();
    Ok(CountWorkflowExecutionsResponse {
        count: count.total,
        groups: groups
            .map(|(value, count)| AggregationGroup {
                group_values: vec![value],
                count,
            })
            .collect(),
    })
}
