//! UpdateActivityExecutionOptions.

use temporal_protos::workflowservice::{
    UpdateActivityExecutionOptionsRequest, UpdateActivityExecutionOptionsResponse,
};
use tonic::Request;

use super::{Service, activity_control};
use crate::engine::execution::activity_options::OptionsUpdate;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateActivityExecutionOptionsRequest>,
) -> Result<UpdateActivityExecutionOptionsResponse, Refusal> {
    let request = request.into_inner();
    let which = activity_control::by_id(&request.workflow_id, &request.activity_id)?;
    let update = OptionsUpdate {
        options: request.activity_options,
        paths: request.update_mask.map(|mask| mask.paths),
        restores: request.restore_original,
    };
    update.check()?;
    let options = activity_control::ask(
        service,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        |run, ctx| run.update_activity_options(ctx, &which, update),
    )?;
    Ok(UpdateActivityExecutionOptionsResponse {
        activity_options: Some(options),
    })
}
