//! Signals and cancel requests of one run to other workflows: sent by a command, delivered or refused by an event.
//!
//! What goes to a child that has not started yet is held back: the service would find nobody.

#[cfg(test)]
mod tests;

use temporal_protos::{
    command as proto,
    common::{Header, Payload, Payloads, WorkflowExecution},
    enums::{
        CancelExternalWorkflowExecutionFailedCause as CancelCause, CommandType,
        SignalExternalWorkflowExecutionFailedCause as SignalCause,
    },
    failure::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::history_event::Attributes,
};

use super::{
    Machine, Mismatch, OpId, Outcome,
    activity::canceled,
    command::{Command, Issued, Parts},
};

/// What workflow code asks of another workflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExternalCommand {
    pub(crate) namespace: String,
    pub(crate) workflow_id: String,
    /// Empty: the latest run.
    pub(crate) run_id: String,
    /// Only if it is a child of this run.
    pub(crate) child_only: bool,
    pub(crate) deed: Deed,
}

/// What is done to another workflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Deed {
    Signal { name: String, input: Vec<Payload> },
    Cancel { reason: String },
}

/// What history says of a signal or a cancel request to another workflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExternalEvent {
    SignalInitiated {
        workflow_id: String,
        name: String,
    },
    /// Not of a child's own cancellation.
    CancelInitiated {
        workflow_id: String,
    },
    Signaled {
        initiated: i64,
    },
    SignalFailed {
        initiated: i64,
        cause: SignalCause,
    },
    /// Of a child's own cancellation too.
    CancelRequested {
        initiated: i64,
    },
    /// Of a child's own cancellation too.
    CancelFailed {
        initiated: i64,
        cause: CancelCause,
    },
}

/// Something on its way to another workflow.
#[derive(Debug)]
pub(super) enum External {
    /// Until the child starts.
    Held(OpId, Box<ExternalCommand>),
    Sent,
}

impl Machine {
    /// Signals another workflow, or asks it to cancel; `child` if it is one of this run.
    /// Gives the answer of what cannot leave.
    pub(crate) fn reach(
        &mut self,
        op: OpId,
        mut command: ExternalCommand,
        child: Option<OpId>,
    ) -> Option<Outcome> {
        if let Some(child) = child
            && let Some(id) = self.child_workflow_id(child)
        {
            // an id that was made up may be another one in history
            id.clone_into(&mut command.workflow_id);
            if !self.child_runs(child) {
                let held = External::Held(child, Box::new(command));
                self.externals.insert(op, held);
                return None;
            }
        }
        if matches!(command.deed, Deed::Cancel { .. })
            && let Some(refused) = self.refuses_to_cancel(&command.namespace, &command.workflow_id)
        {
            return Some(refused);
        }
        self.externals.insert(op, External::Sent);
        self.issue(Command::Reach(Box::new(command)), Issued::Begin(op));
        None
    }

    /// The child runs: what was held back for it leaves, in the order in which it was asked for.
    pub(crate) fn release_held(&mut self, child: OpId) {
        let id = self.child_workflow_id(child).map(str::to_owned);
        for op in self.held_for(child) {
            let sent = self.externals.insert(op, External::Sent);
            if let Some(External::Held(_, mut command)) = sent {
                if let Some(id) = &id {
                    command.workflow_id.clone_from(id);
                }
                self.issue(Command::Reach(command), Issued::Begin(op));
            }
        }
    }

    /// The wait for the child is over, and it never started: what was held back for it has nobody to go to.
    pub(crate) fn drop_held(&mut self, child: OpId) -> Vec<(OpId, Outcome)> {
        let mut dropped = Vec::new();
        for op in self.held_for(child) {
            if let Some(External::Held(_, command)) = self.externals.remove(&op) {
                let outcome = match command.deed {
                    Deed::Signal { .. } => {
                        not_signalled(SignalCause::ExternalWorkflowExecutionNotFound)
                    }
                    Deed::Cancel { .. } => {
                        not_cancelled(CancelCause::ExternalWorkflowExecutionNotFound)
                    }
                };
                dropped.push((op, outcome));
            }
        }
        dropped
    }

    fn held_for(&self, child: OpId) -> Vec<OpId> {
        self.externals
            .iter()
            .filter(|(_, external)| matches!(external, External::Held(for_whom, _) if *for_whom == child))
            .map(|(op, _)| *op)
            .collect()
    }

    /// Takes back what has not left yet. What has left cannot be recalled: the wait ends with what becomes of it.
    pub(crate) fn cancel_reach(&mut self, op: OpId) -> Option<Outcome> {
        let held = matches!(self.externals.get(&op), Some(External::Held(..)));
        if !held && !self.take_back(op) {
            return None;
        }
        self.externals.remove(&op);
        let failure = canceled("It was cancelled before it was sent", None);
        Some(Outcome::Failed(Box::new(failure)))
    }

    pub(super) fn handle_external(
        &mut self,
        event_id: i64,
        event: ExternalEvent,
    ) -> Result<(), Mismatch> {
        match event {
            ExternalEvent::SignalInitiated { workflow_id, name } => {
                self.reached(event_id, &signal_text(&name, &workflow_id), |c| {
                    c.workflow_id == workflow_id
                        && matches!(&c.deed, Deed::Signal { name: n, .. } if *n == name)
                })
            }
            ExternalEvent::CancelInitiated { workflow_id } => {
                self.reached(event_id, &cancel_text(&workflow_id), |c| {
                    c.workflow_id == workflow_id && matches!(c.deed, Deed::Cancel { .. })
                })
            }
            ExternalEvent::Signaled { initiated } => {
                self.delivered(event_id, initiated, Outcome::Completed(None))
            }
            ExternalEvent::SignalFailed { initiated, cause } => {
                self.delivered(event_id, initiated, not_signalled(cause))
            }
            ExternalEvent::CancelRequested { initiated } => {
                self.delivered(event_id, initiated, Outcome::Completed(None))
            }
            ExternalEvent::CancelFailed { initiated, cause } => {
                self.delivered(event_id, initiated, not_cancelled(cause))
            }
        }
    }

    fn reached(
        &mut self,
        event_id: i64,
        expected: &str,
        matches: impl FnOnce(&ExternalCommand) -> bool,
    ) -> Result<(), Mismatch> {
        let out = self.confirm(event_id, expected, |c| match c {
            Command::Reach(command) => matches(command),
            _ => false,
        })?;
        self.begun_by.insert(event_id, out.op());
        Ok(())
    }

    fn delivered(
        &mut self,
        event_id: i64,
        initiated: i64,
        outcome: Outcome,
    ) -> Result<(), Mismatch> {
        let what = "a signal or a request to cancel";
        let op = self.op_of(event_id, initiated, what)?;
        if self.externals.remove(&op).is_some() {
            self.resolve(op, outcome);
        } else if matches!(outcome, Outcome::Failed(_)) {
            // the request was that of a child's own cancellation
            self.cancel_failed(op);
        }
        Ok(())
    }
}

fn signal_text(name: &str, workflow_id: &str) -> String {
    format!("signal `{name}` to workflow `{workflow_id}`")
}

fn cancel_text(workflow_id: &str) -> String {
    format!("a request to cancel external workflow `{workflow_id}`")
}

impl ExternalCommand {
    pub(crate) fn describe(&self) -> String {
        match &self.deed {
            Deed::Signal { name, .. } => signal_text(name, &self.workflow_id),
            Deed::Cancel { .. } => cancel_text(&self.workflow_id),
        }
    }

    pub(super) fn to_proto(&self, header: Option<&Header>) -> Parts<'static> {
        match &self.deed {
            Deed::Signal { name, input } => (
                CommandType::SignalExternalWorkflowExecution,
                proto::SignalExternalWorkflowExecutionCommandAttributes {
                    namespace: self.namespace.clone(),
                    execution: Some(WorkflowExecution {
                        workflow_id: self.workflow_id.clone(),
                        run_id: self.run_id.clone(),
                    }),
                    signal_name: name.clone(),
                    input: (!input.is_empty()).then(|| Payloads {
                        payloads: input.clone(),
                    }),
                    child_workflow_only: self.child_only,
                    header: header.cloned(),
                    ..Default::default()
                }
                .into(),
                None,
            ),
            Deed::Cancel { reason } => (
                CommandType::RequestCancelExternalWorkflowExecution,
                proto::RequestCancelExternalWorkflowExecutionCommandAttributes {
                    namespace: self.namespace.clone(),
                    workflow_id: self.workflow_id.clone(),
                    run_id: self.run_id.clone(),
                    child_workflow_only: self.child_only,
                    reason: reason.clone(),
                    ..Default::default()
                }
                .into(),
                None,
            ),
        }
    }
}

/// The event, if it is one of these.
pub(super) fn event(attributes: Attributes) -> Result<ExternalEvent, Attributes> {
    use Attributes as A;
    let id = |execution: Option<WorkflowExecution>| execution.unwrap_or_default().workflow_id;
    Ok(match attributes {
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(a) => {
            ExternalEvent::SignalInitiated {
                workflow_id: id(a.workflow_execution),
                name: a.signal_name,
            }
        }
        A::ExternalWorkflowExecutionSignaledEventAttributes(a) => ExternalEvent::Signaled {
            initiated: a.initiated_event_id,
        },
        A::SignalExternalWorkflowExecutionFailedEventAttributes(a) => ExternalEvent::SignalFailed {
            initiated: a.initiated_event_id,
            cause: SignalCause::try_from(a.cause).unwrap_or_default(),
        },
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(a)
            if !a.child_workflow_only =>
        {
            ExternalEvent::CancelInitiated {
                workflow_id: id(a.workflow_execution),
            }
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(a) => {
            ExternalEvent::CancelRequested {
                initiated: a.initiated_event_id,
            }
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(a) => {
            ExternalEvent::CancelFailed {
                initiated: a.initiated_event_id,
                cause: CancelCause::try_from(a.cause).unwrap_or_default(),
            }
        }
        other => return Err(other),
    })
}

/// The types of failures, as the other SDKs name them.
pub(crate) const NOT_FOUND: &str = "ExternalWorkflowExecutionNotFound";
pub(crate) const STARTED_IN_THE_SAME_TASK: &str = "StartedInTheSameTask";
pub(crate) const NAMESPACE_NOT_FOUND: &str = "NamespaceNotFound";

fn not_signalled(cause: SignalCause) -> Outcome {
    let (error_type, reason) = match cause {
        SignalCause::ExternalWorkflowExecutionNotFound => (NOT_FOUND, "it was not found"),
        SignalCause::NamespaceNotFound => (NAMESPACE_NOT_FOUND, "it was not found"),
        SignalCause::SignalCountLimitExceeded => (
            "SignalCountLimitExceeded",
            "The per-workflow signal limit was exceeded",
        ),
        SignalCause::Unspecified => ("Unspecified", "unknown"),
    };
    let message = format!("Unable to signal external workflow because {reason}");
    failed(error_type, message)
}

fn not_cancelled(cause: CancelCause) -> Outcome {
    let (error_type, reason) = match cause {
        CancelCause::ExternalWorkflowExecutionNotFound => (NOT_FOUND, "not found"),
        CancelCause::NamespaceNotFound => (NAMESPACE_NOT_FOUND, "not found"),
        CancelCause::Unspecified => ("Unspecified", "unknown"),
    };
    let message = format!("Unable to cancel external workflow because {reason}");
    failed(error_type, message)
}

/// Of a request to cancel that the service would take to be for the child that the same task starts.
pub(super) fn started_in_this_task(workflow_id: &str) -> Outcome {
    let message = format!(
        "Unable to cancel external workflow because this workflow task starts a child with the same id, `{workflow_id}`, and no service takes both at once: wait for the start of the child before (`wf.execute(child.started()).await`), or cancel before you start it"
    );
    failed(STARTED_IN_THE_SAME_TASK, message)
}

fn failed(error_type: &str, message: String) -> Outcome {
    Outcome::Failed(Box::new(Failure {
        message,
        failure_info: Some(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                r#type: error_type.to_owned(),
                ..ApplicationFailureInfo::default()
            },
        )),
        ..Failure::default()
    }))
}
