//! DeleteSchedule.

use temporal_protos::workflowservice::{DeleteScheduleRequest, DeleteScheduleResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::check;

pub(super) async fn handle(
    service: &Service,
    request: Request<DeleteScheduleRequest>,
) -> Result<DeleteScheduleResponse, Refusal> {
    let request = request.into_inner();
    let namespace = service.directory.resolve(&request.namespace)?;
    check::schedule_id(&request.schedule_id)?;
    service
        .driver
        .delete_schedule(&namespace, &request.schedule_id)?;
    Ok(DeleteScheduleResponse {})
}
