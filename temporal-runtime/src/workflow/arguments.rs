//! Whether arguments fit a workflow, before it is started.

use temporal_protos::{
    common::{Payload as RawPayload, Payloads},
    enums::EventType,
    history::{HistoryEvent, WorkflowExecutionStartedEventAttributes},
};

use super::Run;
use crate::{
    error::{Error, ErrorKind, Failed, Result},
    registry::WorkflowReg,
};

/// Decodes the arguments as a worker would, and runs nothing but the `#[init]` function that takes them, if there is
/// one.
///
/// # Errors
/// Which argument does not fit, and why.
pub(crate) fn check(workflow: &'static WorkflowReg, payloads: Vec<RawPayload>) -> Result<()> {
    if workflow.dynamic {
        return Ok(());
    }
    let started = WorkflowExecutionStartedEventAttributes {
        input: Some(Payloads {
            payloads: payloads.clone(),
        }),
        ..Default::default()
    };
    let first = HistoryEvent {
        event_id: 1,
        event_type: EventType::WorkflowExecutionStarted.into(),
        attributes: Some(started.into()),
        ..HistoryEvent::default()
    };
    let mut run = Run::new(workflow, "", "", "", &[first])
        .map_err(|failure| Error::new(ErrorKind::Payload, failure.failure.message))?;
    let core = run.executor.core().clone();
    // what the run function would give is its future, which is dropped
    let failed = match run.executor.take_init_failed() {
        None => (workflow.vtable.run)(core, payloads).err(),
        failed => failed,
    };
    match failed {
        Some(Failed::Arguments(error)) => Err(error),
        _ => Ok(()),
    }
}
