//! UpdateSchedule.

use temporal_protos::workflowservice::{UpdateScheduleRequest, UpdateScheduleResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::{self, check};

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateScheduleRequest>,
) -> Result<UpdateScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    check::request_id(service.driver.limits(), &request.request_id)?;
    let proposed = check::Proposed {
        schedule: request.schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
    };
    let plan = service
        .driver
        .check(|ctx| check::replacement(ctx, &namespace, proposed))?;
    check::schedule_id(&request.schedule_id)?;
    let asked = schedule::Request::Update(Box::new(plan), token(&request.conflict_token));
    service
        .driver
        .tell_schedule(&namespace, &request.schedule_id, request.request_id, asked)?;
    Ok(UpdateScheduleResponse {})
}

/// The token that the schedule must have: any, if what was given is too short for one, or zero.
fn token(bytes: &[u8]) -> Option<i64> {
    let (token, _) = bytes.split_first_chunk()?;
    Some(i64::from_be_bytes(*token)).filter(|token| *token != 0)
}
