//! UpdateActivityOptions.

use temporal_protos::workflowservice::{
    UpdateActivityOptionsRequest, UpdateActivityOptionsResponse,
    update_activity_options_request::Activity,
};
use tonic::Request;

use super::activity_control::OptionsUpdate;
use super::{Service, activity_control};
use crate::engine::execution::activity_control::Which;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<UpdateActivityOptionsRequest>,
) -> Result<UpdateActivityOptionsResponse, Refusal> {
    let request = request.into_inner();
    let which = activity_control::named(request.activity.and_then(|named| match named {
        Activity::Id(id) => Some(Which::Id(id)),
        Activity::Type(name) => Some(Which::Type(name)),
        Activity::MatchAll(true) => Some(Which::All),
        Activity::MatchAll(false) => None,
    }))?;
    let execution = request.execution.unwrap_or_default();
    let update = OptionsUpdate {
        options: request.activity_options,
        mask: request.update_mask,
        restore: request.restore_original,
    };
    update.check()?;
    let options = activity_control::ask(
        service,
        &request.namespace,
        &execution.workflow_id,
        &execution.run_id,
        |run, ctx| update.apply(run, ctx, &which),
    )?;
    Ok(UpdateActivityOptionsResponse {
        activity_options: Some(options),
    })
}
