//! DescribeSchedule.

use temporal_protos::workflowservice::{DescribeScheduleRequest, DescribeScheduleResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::{Schedule, check};

pub(super) async fn handle(
    service: &Service,
    request: Request<DescribeScheduleRequest>,
) -> Result<DescribeScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    check::schedule_id(&request.schedule_id)?;
    service
        .driver
        .read_schedule(&namespace, &request.schedule_id, Schedule::describe)
}
