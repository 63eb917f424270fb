//! CountSchedules.

use temporal_protos::workflowservice::count_schedules_response::AggregationGroup;
use temporal_protos::workflowservice::{CountSchedulesRequest, CountSchedulesResponse};
use tonic::Request;

use super::Service;
use super::list_schedules::compiled;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<CountSchedulesRequest>,
) -> Result<CountSchedulesResponse, Refusal> {
    let request = request.into_inner();
    let (namespace, query) = compiled(service, &request.namespace, &request.query)?;
    let count = service.index().await?.count(&namespace.id, &query);
    let groups = count.groups.into_iter();
    Ok(CountSchedulesResponse {
        count: count.total,
        groups: groups
            .map(|(value, count)| AggregationGroup {
                group_values: vec![value],
                count,
            })
            .collect(),
    })
}
