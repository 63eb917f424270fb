//! The options of a run that somebody changes from outside: its priority.

use temporal_protos::common::Priority;
use temporal_protos::history::WorkflowExecutionOptionsUpdatedEventAttributes;

use super::Run;
use super::history::event;
use crate::engine::Context;
use crate::engine::refusal::Refusal;

impl Run {
    /// UpdateWorkflowExecutionOptions. A change that changes nothing leaves no event.
    pub(crate) fn change_priority(
        &mut self,
        ctx: &mut Context<'_>,
        priority: Option<Priority>,
        identity: &str,
    ) -> Result<(), Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        if self.start.priority == priority {
            return Ok(());
        }
        self.start.priority.clone_from(&priority);
        let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
            unset_versioning_override: true,
            priority,
            identity: identity.into(),
            ..Default::default()
        };
        let mut updated = event(ctx.now, attributes);
        updated.worker_may_ignore = true;
        self.receive(updated);
        self.show(ctx);
        Ok(())
    }
}
