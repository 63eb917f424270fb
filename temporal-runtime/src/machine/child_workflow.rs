//! Child workflows of one run: initiated by a command, started and ended by events of the service.

use std::collections::BTreeMap;

use temporal_protos::{
    common::{Payload, Payloads, Priority, RetryPolicy, WorkflowExecution, WorkflowType},
    enums::{
        ParentClosePolicy, RetryState, StartChildWorkflowExecutionFailedCause,
        WorkflowIdReusePolicy,
    },
    failure::{
        ApplicationFailureInfo, ChildWorkflowExecutionFailureInfo, Failure, TerminatedFailureInfo,
        TimeoutFailureInfo, failure::FailureInfo,
    },
};

use super::{
    Job, Machine, Mismatch, OpId, Outcome,
    activity::canceled,
    command::{Command, Issued},
    first,
};
use crate::options::CancellationType;

/// What workflow code asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ChildCommand {
    pub(crate) namespace: String,
    pub(crate) workflow_id: String,
    /// Whether the code chose the id; one that was made up is taken from history on replay.
    pub(crate) id_is_given: bool,
    pub(crate) workflow_type: String,
    /// `None`: the parent's.
    pub(crate) task_queue: Option<String>,
    pub(crate) input: Vec<Payload>,
    pub(crate) execution_timeout: Option<std::time::Duration>,
    pub(crate) run_timeout: Option<std::time::Duration>,
    pub(crate) task_timeout: Option<std::time::Duration>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) parent_close_policy: ParentClosePolicy,
    pub(crate) id_reuse_policy: WorkflowIdReusePolicy,
    pub(crate) cron_schedule: String,
    pub(crate) summary: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) memo: BTreeMap<String, Payload>,
    pub(crate) search_attributes: BTreeMap<String, Payload>,
}

/// What history says of a child workflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ChildEvent {
    Initiated {
        workflow_id: String,
        workflow_type: String,
    },
    StartFailed {
        initiated: i64,
        cause: StartChildWorkflowExecutionFailedCause,
    },
    Started {
        initiated: i64,
        run_id: String,
    },
    Completed {
        initiated: i64,
        result: Option<Payloads>,
    },
    Failed {
        initiated: i64,
        started: i64,
        retry_state: RetryState,
        failure: Option<Failure>,
    },
    Canceled {
        initiated: i64,
        started: i64,
        details: Option<Payloads>,
    },
    TimedOut {
        initiated: i64,
        started: i64,
        retry_state: RetryState,
    },
    Terminated {
        initiated: i64,
        started: i64,
    },
    /// The request to cancel it is in history; what became of that is an [`ExternalEvent`](super::external::ExternalEvent).
    CancelInitiated {
        workflow_id: String,
    },
}

#[derive(Debug)]
pub(super) struct ChildWorkflow {
    namespace: String,
    workflow_id: String,
    workflow_type: String,
    run_id: String,
    cancellation: CancellationType,
    initiated: Option<i64>,
    cancel_requested: bool,
    /// The request left before the child had started, so it may have missed it.
    cancel_early: bool,
    /// It did miss it.
    cancel_missed: bool,
    /// The request waits until it is known what became of this child, which has the same id.
    pub(super) cancel_after: Option<OpId>,
    answered: bool,
}

impl Machine {
    /// Starts a child workflow.
    pub(crate) fn start_child(
        &mut self,
        op: OpId,
        child: ChildCommand,
        cancellation: CancellationType,
    ) {
        self.children.insert(
            op,
            ChildWorkflow {
                namespace: child.namespace.clone(),
                workflow_id: child.workflow_id.clone(),
                workflow_type: child.workflow_type.clone(),
                run_id: String::new(),
                cancellation,
                initiated: None,
                cancel_requested: false,
                cancel_early: false,
                cancel_missed: false,
                cancel_after: None,
                answered: false,
            },
        );
        self.issue(Command::StartChild(Box::new(child)), Issued::Begin(op));
    }

    /// Asks for the cancellation of a child, by its [`CancellationType`]; gives the answer that code gets at once.
    pub(crate) fn cancel_child(&mut self, op: OpId) -> Option<Outcome> {
        let taken_back = self.take_back(op);
        let child = self.children.get(&op)?;
        let newer = self.starts_under(&child.namespace, &child.workflow_id);
        let child = self.children.get_mut(&op)?;
        if child.answered || child.cancel_requested {
            return None;
        }
        let cause = canceled("Child workflow cancelled", None);
        let over = Outcome::Failed(Box::new(child.failure(
            "cancelled",
            0,
            RetryState::Unspecified,
            Some(cause),
        )));
        if taken_back {
            self.children.remove(&op);
            self.send_held_cancels(op);
            return Some(over);
        }
        if child.cancellation == CancellationType::Abandon {
            child.answered = true;
            return Some(over);
        }
        child.cancel_requested = true;
        child.cancel_early = child.run_id.is_empty();
        let waits = child.cancellation != CancellationType::TryCancel;
        child.answered = !waits;
        child.cancel_after = newer;
        let command = Command::RequestCancelChild {
            namespace: child.namespace.clone(),
            workflow_id: child.workflow_id.clone(),
            run_id: child.run_id.clone(),
        };
        if newer.is_none() {
            self.issue(command, Issued::Cancel(op));
        }
        (!waits).then_some(over)
    }

    /// Sends a request once more that came too early for its child.
    pub(crate) fn cancel_child_again(&mut self, op: OpId) {
        let Some(child) = self.children.get_mut(&op) else {
            return;
        };
        child.cancel_early = false;
        let command = Command::RequestCancelChild {
            namespace: child.namespace.clone(),
            workflow_id: child.workflow_id.clone(),
            run_id: child.run_id.clone(),
        };
        self.issue(command, Issued::Cancel(op));
    }

    /// The id of a child that has not ended, as history has it.
    pub(crate) fn child_workflow_id(&self, op: OpId) -> Option<&str> {
        self.children.get(&op).map(|c| c.workflow_id.as_str())
    }

    pub(super) fn child_runs(&self, op: OpId) -> bool {
        self.children.get(&op).is_some_and(|c| !c.run_id.is_empty())
    }

    /// A request found nobody. If the child starts, or has started meanwhile, it is sent again, once.
    pub(super) fn cancel_failed(&mut self, op: OpId) {
        let Some(child) = self.children.get_mut(&op).filter(|c| c.cancel_early) else {
            return;
        };
        if child.run_id.is_empty() {
            child.cancel_missed = true;
        } else {
            self.jobs.push_back(Job::CancelChildAgain(op));
        }
    }

    pub(super) fn handle_child(
        &mut self,
        event_id: i64,
        event: ChildEvent,
    ) -> Result<(), Mismatch> {
        match event {
            ChildEvent::Initiated {
                workflow_id,
                workflow_type,
            } => self.child_initiated(event_id, workflow_id, &workflow_type),
            ChildEvent::Started { initiated, run_id } => {
                let op = self.op_of(event_id, initiated, "the start of a child workflow")?;
                if let Some(child) = self.children.get_mut(&op) {
                    child.run_id.clone_from(&run_id);
                    let missed = std::mem::take(&mut child.cancel_missed);
                    self.jobs.push_back(Job::ChildStarted(op, run_id));
                    if missed {
                        self.jobs.push_back(Job::CancelChildAgain(op));
                    }
                }
                self.release_cancels(op);
                Ok(())
            }
            ChildEvent::CancelInitiated { workflow_id } => {
                let what = format!("a request to cancel workflow `{workflow_id}`");
                let out = self.confirm(event_id, &what, |c| {
                    matches!(c, Command::RequestCancelChild { workflow_id: w, .. } if *w == workflow_id)
                })?;
                self.begun_by.insert(event_id, out.op());
                Ok(())
            }
            ChildEvent::Completed { initiated, result } => {
                self.child_ended(event_id, initiated, |_| Outcome::Completed(first(result)))
            }
            event => self.child_ended_badly(event_id, event),
        }
    }

    fn child_initiated(
        &mut self,
        event_id: i64,
        id: String,
        workflow_type: &str,
    ) -> Result<(), Mismatch> {
        let out = self.confirm(
            event_id,
            &format!("child workflow `{workflow_type}` (id {id}) started"),
            |c| matches!(c, Command::StartChild(s) if s.workflow_type == workflow_type && (!s.id_is_given || s.workflow_id == id)),
        )?;
        let op = out.op();
        self.begun_by.insert(event_id, op);
        if let Some(child) = self.children.get_mut(&op) {
            child.initiated = Some(event_id);
            child.workflow_id = id;
        }
        Ok(())
    }

    fn child_ended_badly(&mut self, event_id: i64, event: ChildEvent) -> Result<(), Mismatch> {
        use RetryState::NonRetryableFailure;
        let (initiated, started, retry_state, verb, cause) = match event {
            ChildEvent::StartFailed { initiated, cause } => (
                initiated,
                0,
                NonRetryableFailure,
                "failed",
                start_failed(cause),
            ),
            ChildEvent::Failed {
                initiated,
                started,
                retry_state,
                failure,
            } => (
                initiated,
                started,
                retry_state,
                "failed",
                failure.unwrap_or_default(),
            ),
            ChildEvent::Canceled {
                initiated,
                started,
                details,
            } => (
                initiated,
                started,
                NonRetryableFailure,
                "cancelled",
                canceled("Child workflow cancelled", details),
            ),
            ChildEvent::TimedOut {
                initiated,
                started,
                retry_state,
            } => (initiated, started, retry_state, "timed out", timed_out()),
            ChildEvent::Terminated { initiated, started } => (
                initiated,
                started,
                NonRetryableFailure,
                "terminated",
                terminated(),
            ),
            other => {
                return Err(Mismatch::new(
                    event_id,
                    "the end of a child workflow",
                    format!("{other:?}"),
                ));
            }
        };
        self.child_ended(event_id, initiated, |child| {
            Outcome::Failed(Box::new(child.failure(
                verb,
                started,
                retry_state,
                Some(cause),
            )))
        })
    }

    fn child_ended(
        &mut self,
        event_id: i64,
        initiated: i64,
        outcome: impl FnOnce(&ChildWorkflow) -> Outcome,
    ) -> Result<(), Mismatch> {
        let op = self.op_of(event_id, initiated, "the end of a child workflow")?;
        let Some(child) = self.children.remove(&op) else {
            return Err(Mismatch::new(
                event_id,
                "the end of a child workflow",
                "it ended before".into(),
            ));
        };
        if !child.answered {
            let outcome = outcome(&child);
            self.resolve(op, outcome);
        }
        self.release_cancels(op);
        Ok(())
    }
}

impl ChildWorkflow {
    fn failure(
        &self,
        verb: &str,
        started: i64,
        retry_state: RetryState,
        cause: Option<Failure>,
    ) -> Failure {
        Failure {
            message: format!("Child Workflow execution {verb}"),
            cause: cause.map(Box::new),
            failure_info: Some(FailureInfo::ChildWorkflowExecutionFailureInfo(
                ChildWorkflowExecutionFailureInfo {
                    namespace: self.namespace.clone(),
                    workflow_execution: Some(WorkflowExecution {
                        workflow_id: self.workflow_id.clone(),
                        run_id: self.run_id.clone(),
                    }),
                    workflow_type: Some(WorkflowType {
                        name: self.workflow_type.clone(),
                    }),
                    initiated_event_id: self.initiated.unwrap_or_default(),
                    started_event_id: started,
                    retry_state: retry_state.into(),
                },
            )),
            ..Failure::default()
        }
    }
}

/// The type of the failure of a child whose id is in use.
pub(crate) const ALREADY_EXISTS: &str =
    "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS";

fn start_failed(cause: StartChildWorkflowExecutionFailedCause) -> Failure {
    let message = match cause {
        StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists => {
            "Workflow execution already started"
        }
        StartChildWorkflowExecutionFailedCause::NamespaceNotFound => "Namespace not found",
        _ => "Child workflow could not be started",
    };
    Failure {
        message: message.to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                r#type: cause.as_str_name().to_owned(),
                non_retryable: true,
                ..ApplicationFailureInfo::default()
            },
        )),
        ..Failure::default()
    }
}

fn timed_out() -> Failure {
    Failure {
        message: "Timed out".to_owned(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: temporal_protos::enums::TimeoutType::StartToClose.into(),
            ..TimeoutFailureInfo::default()
        })),
        ..Failure::default()
    }
}

fn terminated() -> Failure {
    Failure {
        message: "Terminated".to_owned(),
        failure_info: Some(FailureInfo::TerminatedFailureInfo(
            TerminatedFailureInfo::default(),
        )),
        ..Failure::default()
    }
}
