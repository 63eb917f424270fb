//! UpdateSchedule.

use temporal_protos::workflowservice::{UpdateScheduleRequest, UpdateScheduleResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::{Event, check};

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateScheduleRequest>,
) -> Result<UpdateScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let limits = service.driver.limits();
    check::schedule_id(limits, &request.schedule_id)?;
    check::request_id(limits, &request.request_id)?;
    let (schedule, memo, attributes) = (request.schedule, request.memo, request.search_attributes);
    let plan = service
        .driver
        .check(|ctx| check::plan(ctx, &namespace, schedule, memo, attributes))?;
    let event = Event::Updated(Box::new(plan), token(&request.conflict_token));
    service
        .driver
        .tell_schedule(&namespace, &request.schedule_id, event)?;
    Ok(UpdateScheduleResponse {})
}

/// The token that the schedule must have: none without one. What is no token of ours fits no schedule.
fn token(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() {
        return None;
    }
    Some(bytes.try_into().map_or(-1, i64::from_be_bytes))
}
