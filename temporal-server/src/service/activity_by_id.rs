//! What the calls about activities by id share.

use super::calls;
use crate::engine::execution::activity_answers::ActivityRef;
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
    calls::check_run_id_late(run_id)?;
    if workflow_id.is_empty() {
        return Err(Refusal::not_found(format!(
            "activity not found for ID: {activity_id}"
        )));
    }
    Ok(ActivityRef::Id(activity_id.into()))
}
