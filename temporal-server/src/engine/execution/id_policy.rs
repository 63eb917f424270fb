//! What becomes of a start whose workflow id is known already. Decides, and touches no run.

use temporal_protos::enums::EventType;
use temporal_protos::enums::WorkflowExecutionStatus as Status;
use temporal_protos::enums::WorkflowIdConflictPolicy as Conflict;
use temporal_protos::enums::WorkflowIdReusePolicy as Reuse;

use super::Run;
use super::start_check::IdPolicies;
use crate::engine::refusal::Refusal;

/// What a start does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// There is nothing in the way.
    Start,
    /// The request was made before: the answer is that of the first time. `true` if it started the run.
    Known(bool),
    /// The open run is what the caller wants.
    UseExisting,
    /// The open run is terminated first.
    TerminateExisting,
}

/// What a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Start,
    /// It finds only open runs, and what it finds it has not started.
    SignalWithStart,
}

/// Decides about a start, given the newest run of the id.
pub(crate) fn decide(
    newest: Option<&Run>,
    policies: IdPolicies,
    request_id: &str,
    asked: Asked,
) -> Result<Decision, Refusal> {
    let Some(run) = newest else {
        return Ok(Decision::Start);
    };
    let is_start = asked == Asked::Start;
    if run.start.request_id == request_id && (is_start || run.is_running()) {
        return Ok(Decision::Known(is_start));
    }
    let attached = run.request_ids.get(request_id);
    if attached.is_some_and(|(kind, _)| *kind != EventType::WorkflowExecutionSignaled)
        && policies.conflict == Conflict::UseExisting
        && run.is_running()
    {
        return Ok(Decision::Known(false));
    }
    if run.is_running() {
        return match policies.conflict {
            Conflict::UseExisting => Ok(Decision::UseExisting),
            Conflict::TerminateExisting => Ok(Decision::TerminateExisting),
            Conflict::Fail | Conflict::Unspecified => Err(in_the_way(
                run,
                format!(
                    "Workflow execution is already running. WorkflowId: {}, RunId: {}.",
                    run.workflow_id, run.run_id
                ),
            )),
        };
    }
    let ended_badly = matches!(
        run.status,
        Status::Failed | Status::Canceled | Status::Terminated | Status::TimedOut
    );
    match policies.reuse {
        Reuse::RejectDuplicate => Err(in_the_way(
            run,
            format!(
                "Workflow execution already finished. WorkflowId: {}, RunId: {}. Workflow Id reuse policy: reject duplicate workflow Id.",
                run.workflow_id, run.run_id
            ),
        )),
        Reuse::AllowDuplicateFailedOnly if !ended_badly => Err(in_the_way(
            run,
            format!(
                "Workflow execution already finished successfully. WorkflowId: {}, RunId: {}. Workflow Id reuse policy: allow duplicate workflow Id if last run failed.",
                run.workflow_id, run.run_id
            ),
        )),
        _ => Ok(Decision::Start),
    }
}

fn in_the_way(run: &Run, message: String) -> Refusal {
    Refusal::AlreadyStarted {
        message,
        start_request_id: run.start.request_id.clone(),
        run_id: run.run_id.to_string(),
        first_execution_run_id: run.start.first_run_id().into(),
    }
}
