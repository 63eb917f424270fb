//! How a run ends, and what its end means for others: the parent, the children, those who wait.

use temporal_protos::command::{
    CancelWorkflowExecutionCommandAttributes, CompleteWorkflowExecutionCommandAttributes,
    FailWorkflowExecutionCommandAttributes,
};
use temporal_protos::common::{Link, Payloads, WorkflowExecution};
use temporal_protos::enums::{
    ParentClosePolicy, RetryState, TimeoutType, WorkflowExecutionStatus as Status,
    WorkflowTaskFailedCause as Cause,
};
use temporal_protos::history::*;

use super::Run;
use super::commands::{Bad, Described};
use super::history::event;
use crate::engine::effect::{Effect, Message, Target};
use crate::engine::refusal::Refusal;
use crate::engine::{Context, failure};

/// A request to terminate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Termination {
    pub(crate) reason: String,
    pub(crate) details: Option<Payloads>,
    pub(crate) identity: String,
    pub(crate) links: Vec<Link>,
}

impl Run {
    /// The command CompleteWorkflowExecution.
    pub(crate) fn complete_workflow(
        &mut self,
        ctx: &mut Context<'_>,
        command: CompleteWorkflowExecutionCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        // The real service names this cause; clients see it in history.
        ctx.check_blob(
            command.result.as_ref(),
            Cause::BadScheduleActivityAttributes,
            || "CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.".into(),
        )?;
        let next = self.next_by_cron(ctx, None, command.result.clone());
        let attributes = WorkflowExecutionCompletedEventAttributes {
            result: command.result,
            workflow_task_completed_event_id: completed_event_id,
            new_execution_run_id: next.clone().unwrap_or_default(),
        };
        self.write_described(ctx, attributes, described);
        self.close(ctx, Status::Completed);
        Ok(())
    }

    /// The command FailWorkflowExecution.
    pub(crate) fn fail_workflow(
        &mut self,
        ctx: &mut Context<'_>,
        command: FailWorkflowExecutionCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        use prost::Message as _;
        const CAUSE: Cause = Cause::BadFailWorkflowExecutionAttributes;
        let why = command.failure.ok_or_else(|| {
            Bad::command(CAUSE, "Failure is not set on FailWorkflowExecutionCommand.")
        })?;
        if why.encoded_len() > ctx.limits.blob_bytes {
            return Err(Bad::size(
                CAUSE,
                "FailWorkflowExecutionCommandAttributes.Failure exceeds size limit.",
            ));
        }
        let (next, retry_state) = self.next_after_failure(ctx, &why);
        let attributes = WorkflowExecutionFailedEventAttributes {
            failure: Some(why),
            retry_state: retry_state.into(),
            workflow_task_completed_event_id: completed_event_id,
            new_execution_run_id: next.unwrap_or_default(),
        };
        self.write_described(ctx, attributes, described);
        self.close(ctx, Status::Failed);
        Ok(())
    }

    /// The command CancelWorkflowExecution.
    pub(crate) fn cancel_workflow(
        &mut self,
        ctx: &mut Context<'_>,
        command: CancelWorkflowExecutionCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        let attributes = WorkflowExecutionCanceledEventAttributes {
            workflow_task_completed_event_id: completed_event_id,
            details: command.details,
        };
        self.write_described(ctx, attributes, described);
        self.close(ctx, Status::Canceled);
        Ok(())
    }

    /// The run, or its chain, has lasted too long.
    pub(crate) fn run_timed_out(&mut self, ctx: &mut Context<'_>, whole_chain: bool) {
        let due = if whole_chain {
            self.start.expires
        } else {
            self.run_expires()
        };
        if due.is_none_or(|due| due > ctx.now) {
            return;
        }
        self.force_close_task(ctx);
        let (next, retry_state) = if whole_chain {
            (None, RetryState::Timeout)
        } else {
            let why = failure::timeout("workflow timeout", TimeoutType::StartToClose, None);
            self.next_after_failure(ctx, &why)
        };
        let attributes = WorkflowExecutionTimedOutEventAttributes {
            retry_state: retry_state.into(),
            new_execution_run_id: next.unwrap_or_default(),
        };
        self.write(ctx, attributes);
        self.close(ctx, Status::TimedOut);
        self.close_updates(ctx);
        self.release_queries(ctx);
    }

    /// TerminateWorkflowExecution.
    pub(crate) fn terminate(
        &mut self,
        ctx: &mut Context<'_>,
        by: Termination,
    ) -> Result<(), Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        self.force_close_task(ctx);
        let mut terminated = event(
            ctx.now,
            WorkflowExecutionTerminatedEventAttributes {
                reason: by.reason,
                details: by.details,
                identity: by.identity,
            },
        );
        terminated.links = by.links;
        self.history.add(terminated);
        self.close(ctx, Status::Terminated);
        self.close_updates(ctx);
        self.release_queries(ctx);
        Ok(())
    }

    /// The service itself ends the run.
    pub(crate) fn terminate_by_service(&mut self, ctx: &mut Context<'_>, reason: &str) {
        let by = Termination {
            reason: reason.into(),
            identity: "history-service".into(),
            ..Default::default()
        };
        // A run that is closed already needs no second end.
        drop(self.terminate(ctx, by));
    }

    /// The last event has been written: nothing of this run goes on.
    pub(crate) fn close(&mut self, ctx: &mut Context<'_>, status: Status) {
        self.status = status;
        self.close_time = Some(ctx.now);
        self.task = None;
        ctx.emit(Effect::ClearTimers);
        self.show(ctx);
        self.tell_parent(ctx);
        self.tell_schedule(ctx);
        self.tell_children(ctx);
    }

    fn tell_parent(&self, ctx: &mut Context<'_>) {
        let Some(parent) = &self.start.parent else {
            return;
        };
        if self.successor.is_some() || self.reset.ended_by {
            // The parent waits for the last run of the chain.
            return;
        }
        let Some(end) = self.history.event(self.history.last_event_id()) else {
            return;
        };
        ctx.emit(Effect::Send(Message::ChildClosed {
            parent: parent.target.clone(),
            initiated_event_id: parent.initiated_event_id,
            child: WorkflowExecution {
                workflow_id: self.workflow_id.to_string(),
                run_id: self.run_id.to_string(),
            },
            end: end.clone(),
        }));
    }

    fn tell_children(&self, ctx: &mut Context<'_>) {
        if self.reset.ended_by {
            return;
        }
        for child in self.children.values() {
            let policy = child.close_policy;
            if policy == ParentClosePolicy::Abandon || child.run_id.is_empty() {
                continue;
            }
            ctx.emit(Effect::Send(Message::ParentClosed {
                parent: self.as_target(),
                child: Target {
                    namespace: child.namespace.clone(),
                    workflow_id: child.workflow_id.clone(),
                    run_id: String::new(),
                },
                first_run_id: child.run_id.clone(),
                policy,
            }));
        }
    }
}
