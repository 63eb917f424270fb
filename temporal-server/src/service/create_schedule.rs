//! CreateSchedule.

use temporal_protos::workflowservice::{CreateScheduleRequest, CreateScheduleResponse};
use tonic::Request;

use super::Service;
use crate::driver::NewSchedule;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::{Schedule, check};

pub(super) async fn handle(
    service: &Service,
    request: Request<CreateScheduleRequest>,
) -> Result<CreateScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let limits = service.driver.limits();
    check::new_schedule_id(limits, &request.schedule_id)?;
    if request.request_id.is_empty() {
        return Err(Refusal::invalid("RequestId is not set on request."));
    }
    check::request_id(limits, &request.request_id)?;
    let proposed = check::Proposed {
        schedule: request.schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
    };
    let plan = service
        .driver
        .check(|ctx| check::plan(ctx, &namespace, proposed))?;
    check::schedule_id(&request.schedule_id)?;
    let new = NewSchedule {
        schedule_id: request.schedule_id,
        request_id: request.request_id,
        plan,
        // Its notes may be of any length, unlike those of later patches.
        patch: request.initial_patch,
    };
    let token = service
        .driver
        .create_schedule(&namespace, new, Schedule::conflict_token)?;
    Ok(CreateScheduleResponse {
        conflict_token: token,
    })
}
