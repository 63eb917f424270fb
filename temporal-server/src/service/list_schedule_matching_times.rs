//! ListScheduleMatchingTimes.

use temporal_protos::workflowservice::{
    ListScheduleMatchingTimesRequest, ListScheduleMatchingTimesResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::check;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListScheduleMatchingTimesRequest>,
) -> Result<ListScheduleMatchingTimesResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    check::schedule_id(&request.schedule_id)?;
    let range = request.start_time.zip(request.end_time);
    let times = service
        .driver
        .read_schedule(&namespace, &request.schedule_id, |schedule, _| {
            range.map(|(start, end)| schedule.matching_times(&start, &end))
        })?;
    // The real service asks a workflow, which does not understand such a query.
    let start_time = times.ok_or_else(|| Refusal::QueryFailed {
        message: "missing or invalid query".into(),
        failure: Some(Box::default()),
    })?;
    Ok(ListScheduleMatchingTimesResponse { start_time })
}
