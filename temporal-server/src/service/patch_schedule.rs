//! PatchSchedule.

use temporal_protos::workflowservice::{PatchScheduleRequest, PatchScheduleResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::{self, check};

pub(super) async fn handle(
    service: &Service,
    request: Request<PatchScheduleRequest>,
) -> Result<PatchScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    let patch = check::patch(service.driver.limits(), request.patch, &request.request_id)?;
    check::schedule_id(&request.schedule_id)?;
    let asked = schedule::Request::Patch(patch);
    service
        .driver
        .tell_schedule(&namespace, &request.schedule_id, request.request_id, asked)?;
    Ok(PatchScheduleResponse {})
}
