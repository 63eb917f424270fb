//! Signals and cancel requests that a run sends to other workflows, and what became of them.

use temporal_protos::command::{
    RequestCancelExternalWorkflowExecutionCommandAttributes as CancelCommand,
    SignalExternalWorkflowExecutionCommandAttributes as SignalCommand,
};
use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::{
    CancelExternalWorkflowExecutionFailedCause as CancelCause,
    SignalExternalWorkflowExecutionFailedCause as SignalCause, WorkflowTaskFailedCause as Cause,
};
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::history::*;

use super::Run;
use super::commands::{Bad, Described, Work};
use super::history::event;
use crate::engine::Context;
use crate::engine::effect::{ExternalFailure, ExternalSignal, Message, Target};
use crate::engine::execution::commands::camel_cause;

/// Something on its way to another workflow. What it is stands in its initiated event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending;

impl Run {
    /// The command SignalExternalWorkflowExecution.
    pub(crate) fn signal_external(
        &mut self,
        ctx: &mut Context<'_>,
        command: SignalCommand,
        described: Described,
        work: &mut Work,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadSignalWorkflowExecutionAttributes;
        let namespace = self.command_namespace(ctx, &command.namespace, CAUSE)?;
        check_signal(ctx, &command)?;
        ctx.check_blob(command.input.as_ref(), CAUSE, || {
            "SignalExternalWorkflowExecutionCommandAttributes.Input exceeds size limit.".into()
        })?;
        check_pending(
            (self.signals.len(), ctx.limits.pending_signals),
            Cause::PendingSignalsLimitExceeded,
            "signals to external workflows",
        )?;
        let execution = command.execution.unwrap_or_default();
        let attributes = SignalExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: work.completed_event_id,
            namespace: command.namespace,
            namespace_id: namespace.id.clone(),
            workflow_execution: Some(execution.clone()),
            signal_name: command.signal_name.clone(),
            input: command.input.clone(),
            control: command.control,
            child_workflow_only: command.child_workflow_only,
            header: command.header.clone(),
        };
        let id = self.write_described(ctx, attributes, described);
        self.signals.insert(id, Pending);
        work.sends.push(Message::Signal {
            sender: self.as_target(),
            initiated_event_id: id,
            target: Target {
                namespace,
                workflow_id: execution.workflow_id,
                run_id: execution.run_id,
            },
            child_only: command.child_workflow_only,
            signal: Box::new(ExternalSignal {
                name: command.signal_name,
                input: command.input,
                header: command.header,
                request_id: (ctx.fresh_id)(),
            }),
        });
        Ok(())
    }

    /// The command RequestCancelExternalWorkflowExecution.
    pub(crate) fn cancel_external(
        &mut self,
        ctx: &mut Context<'_>,
        command: CancelCommand,
        described: Described,
        work: &mut Work,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadRequestCancelExternalWorkflowExecutionAttributes;
        let namespace = self.command_namespace(ctx, &command.namespace, CAUSE)?;
        check_cancel(ctx, &command)?;
        check_pending(
            (self.cancels.len(), ctx.limits.pending_cancels),
            Cause::PendingRequestCancelLimitExceeded,
            "requests to cancel external workflows",
        )?;
        let starts_now = work.sends.iter().any(|sent| {
            matches!(sent, Message::StartChild { child, .. } if child.workflow_id == command.workflow_id)
        });
        if starts_now {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "Start and RequestCancel for child workflow is not allowed in same workflow task. WorkflowId={} RunId={} Namespace={}",
                    command.workflow_id, command.run_id, command.namespace
                ),
            ));
        }
        let execution = WorkflowExecution {
            workflow_id: command.workflow_id,
            run_id: command.run_id,
        };
        let attributes = RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
            workflow_task_completed_event_id: work.completed_event_id,
            namespace: command.namespace,
            namespace_id: namespace.id.clone(),
            workflow_execution: Some(execution.clone()),
            control: command.control,
            child_workflow_only: command.child_workflow_only,
            reason: command.reason.clone(),
        };
        let id = self.write_described(ctx, attributes, described);
        self.cancels.insert(id, Pending);
        work.sends.push(Message::Cancel {
            sender: self.as_target(),
            initiated_event_id: id,
            target: Target {
                namespace,
                workflow_id: execution.workflow_id,
                run_id: execution.run_id,
            },
            child_only: command.child_workflow_only,
            reason: command.reason,
        });
        Ok(())
    }

    /// A signal was delivered, or not.
    pub(crate) fn signal_done(
        &mut self,
        ctx: &mut Context<'_>,
        initiated: i64,
        result: Result<(), ExternalFailure>,
    ) {
        if !self.is_running() || self.signals.remove(&initiated).is_none() {
            return;
        }
        let Some(A::SignalExternalWorkflowExecutionInitiatedEventAttributes(a)) = self
            .history
            .event(initiated)
            .and_then(|event| event.attributes.clone())
        else {
            return;
        };
        let done = match result {
            Ok(()) => event(
                ctx.now,
                ExternalWorkflowExecutionSignaledEventAttributes {
                    initiated_event_id: initiated,
                    namespace: self.namespace.name.clone(),
                    namespace_id: a.namespace_id,
                    workflow_execution: a.workflow_execution,
                    control: a.control,
                },
            ),
            Err(why) => event(
                ctx.now,
                SignalExternalWorkflowExecutionFailedEventAttributes {
                    cause: match why {
                        ExternalFailure::NotFound => {
                            SignalCause::ExternalWorkflowExecutionNotFound.into()
                        }
                        ExternalFailure::NamespaceNotFound => SignalCause::NamespaceNotFound.into(),
                        ExternalFailure::SignalCountLimit => {
                            SignalCause::SignalCountLimitExceeded.into()
                        }
                    },
                    workflow_task_completed_event_id: 0,
                    namespace: self.namespace.name.clone(),
                    namespace_id: a.namespace_id,
                    workflow_execution: a.workflow_execution,
                    initiated_event_id: initiated,
                    control: a.control,
                },
            ),
        };
        self.receive(done);
        self.notify_workflow(ctx);
    }

    /// A cancel request was delivered, or not.
    pub(crate) fn cancel_done(
        &mut self,
        ctx: &mut Context<'_>,
        initiated: i64,
        result: Result<(), ExternalFailure>,
    ) {
        if !self.is_running() || self.cancels.remove(&initiated).is_none() {
            return;
        }
        let Some(A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(a)) = self
            .history
            .event(initiated)
            .and_then(|event| event.attributes.clone())
        else {
            return;
        };
        let done = match result {
            Ok(()) => event(
                ctx.now,
                ExternalWorkflowExecutionCancelRequestedEventAttributes {
                    initiated_event_id: initiated,
                    namespace: self.namespace.name.clone(),
                    namespace_id: a.namespace_id,
                    workflow_execution: a.workflow_execution,
                },
            ),
            Err(why) => event(
                ctx.now,
                RequestCancelExternalWorkflowExecutionFailedEventAttributes {
                    cause: match why {
                        ExternalFailure::NamespaceNotFound => CancelCause::NamespaceNotFound.into(),
                        _ => CancelCause::ExternalWorkflowExecutionNotFound.into(),
                    },
                    workflow_task_completed_event_id: 0,
                    namespace: self.namespace.name.clone(),
                    namespace_id: a.namespace_id,
                    workflow_execution: a.workflow_execution,
                    initiated_event_id: initiated,
                    control: a.control,
                },
            ),
        };
        self.receive(done);
        self.notify_workflow(ctx);
    }
}

/// Refuses one more of what is pending, of which there may be so many.
fn check_pending((count, limit): (usize, usize), cause: Cause, what: &str) -> Result<(), Bad> {
    if count < limit {
        return Ok(());
    }
    debug_assert!(
        camel_cause(cause).ends_with("Exceeded"),
        "a limit's cause says so"
    );
    Err(Bad::command(
        cause,
        format!(
            "the number of pending {what}, {count}, has reached the per-workflow limit of {limit}"
        ),
    ))
}

fn check_signal(ctx: &Context<'_>, command: &SignalCommand) -> Result<(), Bad> {
    let bad = |text: String| {
        Err(Bad::command(
            Cause::BadSignalWorkflowExecutionAttributes,
            text,
        ))
    };
    let Some(execution) = &command.execution else {
        return bad("Execution is not set on SignalExternalWorkflowExecutionCommand.".into());
    };
    let (id, run, name, place) = (
        &execution.workflow_id,
        &execution.run_id,
        &command.signal_name,
        &command.namespace,
    );
    if id.is_empty() {
        return bad(format!(
            "WorkflowId is not set on SignalExternalWorkflowExecutionCommand. Namespace={place} RunId={run} SignalName={name}"
        ));
    }
    if id.len() > ctx.limits.id_bytes {
        return bad(format!(
            "WorkflowId on SignalExternalWorkflowExecutionCommand exceeds length limit. WorkflowId={id} Length={} Limit={} Namespace={place} RunId={run} SignalName={name}",
            id.len(),
            ctx.limits.id_bytes
        ));
    }
    if !run.is_empty() && !is_uuid(run) {
        return bad(format!(
            "Invalid RunId set on SignalExternalWorkflowExecutionCommand. WorkflowId={id} Namespace={place} RunId={run} SignalName={name}"
        ));
    }
    if name.is_empty() {
        return bad(format!(
            "SignalName is not set on SignalExternalWorkflowExecutionCommand. WorkflowId={id} Namespace={place} RunId={run}"
        ));
    }
    Ok(())
}

fn check_cancel(ctx: &Context<'_>, command: &CancelCommand) -> Result<(), Bad> {
    let bad = |text: String| {
        Err(Bad::command(
            Cause::BadRequestCancelExternalWorkflowExecutionAttributes,
            text,
        ))
    };
    let (id, run, place) = (&command.workflow_id, &command.run_id, &command.namespace);
    if id.is_empty() {
        return bad(format!(
            "WorkflowId is not set on RequestCancelExternalWorkflowExecutionCommand. Namespace={place} RunId={run}"
        ));
    }
    if id.len() > ctx.limits.id_bytes {
        return bad(format!(
            "WorkflowId on RequestCancelExternalWorkflowExecutionCommand exceeds length limit. WorkflowId={id} Length={} Limit={} RunId={run} Namespace={place}",
            id.len(),
            ctx.limits.id_bytes
        ));
    }
    if !run.is_empty() && !is_uuid(run) {
        return bad(format!(
            "Invalid RunId set on RequestCancelExternalWorkflowExecutionCommand. WorkflowId={id} RunId={run} Namespace={place}"
        ));
    }
    Ok(())
}

/// Whether a text is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
