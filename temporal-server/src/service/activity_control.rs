//! What the calls that control activities share.

use temporal_protos::activity::ActivityOptions;

use super::Service;
use crate::driver::check_run_id;
use crate::engine::Context;
use crate::engine::execution::Run;
use crate::engine::execution::activity_control::Which;
use crate::engine::refusal::Refusal;

/// The activities that a call names.
pub(super) fn named(which: Option<Which>) -> Result<Which, Refusal> {
    which.ok_or_else(|| {
        Refusal::invalid("Either Activity.Id or Activity.Type should be set on request.")
    })
}

/// The one activity that a call of the newer names names. Without a workflow it stands alone.
pub(super) fn by_id(workflow_id: &str, activity_id: &str) -> Result<Which, Refusal> {
    if workflow_id.is_empty() {
        let text = "Standalone activity operator commands are disabled";
        return Err(Refusal::Unimplemented(text.to_owned()));
    }
    if activity_id.is_empty() {
        return Err(Refusal::invalid("activity ID is required"));
    }
    Ok(Which::Id(activity_id.into()))
}

/// Asks the run that holds the activities.
pub(super) fn ask<T>(
    service: &Service,
    namespace: &str,
    workflow_id: &str,
    run_id: &str,
    control: impl FnOnce(&mut Run, &mut Context<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let namespace = service.directory.resolve(namespace)?;
    if workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    check_run_id(run_id)?;
    service
        .driver
        .ask_run(&namespace, workflow_id, run_id, control)
}

/// An update of options: paths and values, or the way back to what was scheduled.
pub(super) struct OptionsUpdate {
    pub(super) options: Option<ActivityOptions>,
    pub(super) mask: Option<prost_types::FieldMask>,
    pub(super) restore: bool,
}

impl OptionsUpdate {
    /// Refuses what makes no sense, before any run is asked.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let masked = self.mask.is_some();
        let refused = match (self.restore, masked, self.options.is_some()) {
            (true, true, _) => "Both UpdateMask and RestoreOriginal are provided",
            (true, false, _) | (false, true, true) => return Ok(()),
            (false, false, _) => "UpdateMask is not provided",
            (false, true, false) => "ActivityOptions are not provided",
        };
        Err(Refusal::invalid(refused))
    }

    /// Applies the update.
    pub(super) fn apply(
        self,
        run: &mut Run,
        ctx: &mut Context<'_>,
        which: &Which,
    ) -> Result<ActivityOptions, Refusal> {
        if self.restore {
            return run.restore_activities_options(ctx, which);
        }
        let paths = self.mask.map(|mask| mask.paths).unwrap_or_default();
        run.update_activity_options(ctx, which, &paths, &self.options.unwrap_or_default())
    }
}
