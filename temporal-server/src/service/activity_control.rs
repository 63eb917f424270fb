//! What the calls that control activities share.

use temporal_protos::common::WorkflowExecution;

use super::{Service, calls};
use crate::engine::Context;
use crate::engine::execution::Run;
use crate::engine::execution::activity_control::Which;
use crate::engine::refusal::Refusal;

/// The activities of a workflow that a call names.
pub(super) fn named(execution: &WorkflowExecution, which: Option<Which>) -> Result<Which, Refusal> {
    calls::check_workflow_id(&execution.workflow_id)?;
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

/// What the choice in a request names; `All` is the variant that names every activity, if there is one.
macro_rules! which {
    ($named:expr, $choice:ident $(, $all:ident)?) => {
        $named.and_then(|named| match named {
            $choice::Id(id) => Some($crate::engine::execution::activity_control::Which::Id(id)),
            $choice::Type(name) => Some($crate::engine::execution::activity_control::Which::Type(name)),
            $($choice::$all(all) => all.then_some($crate::engine::execution::activity_control::Which::All),)?
        })
    };
}
pub(super) use which;

/// Asks the run that holds the activities of a workflow that has been named.
pub(super) fn ask<T>(
    service: &Service,
    namespace: &str,
    workflow_id: &str,
    run_id: &str,
    control: impl FnOnce(&mut Run, &mut Context<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let namespace = service.directory.resolve(namespace)?;
    calls::check_run_id_late(run_id)?;
    service
        .driver
        .ask_run(&namespace, workflow_id, run_id, control)
}
