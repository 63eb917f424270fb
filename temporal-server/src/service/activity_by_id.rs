//! What the calls about activities by id share.

use crate::engine::execution::activity_answers::ActivityRef;
use crate::engine::execution::external::is_uuid;
use crate::engine::refusal::Refusal;

/// The activity that a call names. Without a workflow it would be a standalone one, of which there are none.
pub(super) fn find(
    workflow_id: &str,
    run_id: &str,
    activity_id: &str,
) -> Result<ActivityRef, Refusal> {
    if activity_id.is_empty() {
        return Err(Refusal::invalid("ActivityId is not set on request."));
    }
    if !run_id.is_empty() && !is_uuid(run_id) {
        return Err(Refusal::invalid("RunId is not valid UUID."));
    }
    if workflow_id.is_empty() {
        return Err(Refusal::not_found(format!(
            "activity not found for ID: {activity_id}"
        )));
    }
    Ok(ActivityRef::Id(activity_id.into()))
}
