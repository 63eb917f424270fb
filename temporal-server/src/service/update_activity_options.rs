//! UpdateActivityOptions.

use temporal_protos::workflowservice::{
    UpdateActivityOptionsRequest, UpdateActivityOptionsResponse,
    update_activity_options_request::Activity,
};
use tonic::Request;

use super::Service;
use super::activity_control::{self, which};
use crate::engine::execution::activity_options::OptionsUpdate;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateActivityOptionsRequest>,
) -> Result<UpdateActivityOptionsResponse, Refusal> {
    let request = request.into_inner();
    let execution = request.execution.unwrap_or_default();
    let which = which!(request.activity, Activity, MatchAll);
    let which = activity_control::named(&execution, which)?;
    let update = OptionsUpdate {
        options: request.activity_options,
        paths: request.update_mask.map(|mask| mask.paths),
        restores: request.restore_original,
    };
    update.check()?;
    let options = activity_control::ask(
        service,
        &request.namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| run.update_activity_options(ctx, &which, update),
    )?;
    Ok(UpdateActivityOptionsResponse {
        activity_options: Some(options),
    })
}
