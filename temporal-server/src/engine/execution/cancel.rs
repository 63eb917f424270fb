//! Requests to cancel a run, from a client or from another workflow.

use temporal_protos::common::WorkflowExecution;
use temporal_protos::history::WorkflowExecutionCancelRequestedEventAttributes;

use super::Run;
use super::history::event;
use crate::engine::Context;

/// A request to cancel.
#[derive(Debug, Clone, Default)]
pub(crate) struct CancelRequest {
    pub(crate) identity: String,
    pub(crate) reason: String,
    pub(crate) request_id: String,
    pub(crate) links: Vec<temporal_protos::common::Link>,
    /// The workflow that asks, and its event.
    pub(crate) sender: Option<(WorkflowExecution, i64)>,
}

impl Run {
    /// Takes a request to cancel. A closed run, or one that was asked before, has nothing to do.
    pub(crate) fn request_cancel(&mut self, ctx: &mut Context<'_>, request: CancelRequest) {
        if !self.is_running() || self.cancel_requested.is_some() {
            return;
        }
        self.cancel_requested = Some(request.request_id);
        let (sender, sender_event) = request.sender.unzip();
        let mut requested = event(
            ctx.now,
            WorkflowExecutionCancelRequestedEventAttributes {
                cause: request.reason,
                external_initiated_event_id: sender_event.unwrap_or(0),
                external_workflow_execution: sender,
                identity: request.identity,
            },
        );
        requested.links = request.links;
        self.receive(requested);
        if self.awaits_first_task && !self.awaits_parent() {
            // Only a cancel request ends a delay early.
            ctx.emit(crate::engine::effect::Effect::ClearTimer(
                crate::engine::effect::RunTimer::FirstTask,
            ));
            self.schedule_task_now(ctx, false, None);
        } else {
            self.notify_workflow(ctx);
        }
    }
}
