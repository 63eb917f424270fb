//! The schedule that has started a run: it hears of the end.

use temporal_protos::history::history_event::Attributes;

use super::Run;
use crate::engine::Context;
use crate::engine::effect::{Effect, Message};
use crate::engine::schedule::{RunEnd, ScheduleMessage, ScheduleRef};

impl Run {
    /// Tells the schedule that the last run of the chain is over.
    pub(crate) fn tell_schedule(&self, ctx: &mut Context<'_>) {
        let Some(schedule_id) = self.start.scheduled_by.clone() else {
            return;
        };
        if self.successor.is_some() || self.reset.ended_by {
            // The chain goes on.
            return;
        }
        let end = self.history.event(self.history.last_event_id());
        let (result, failure) = match end.and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(end)) => {
                (end.result.clone(), None)
            }
            Some(Attributes::WorkflowExecutionFailedEventAttributes(end)) => {
                (None, end.failure.clone())
            }
            _ => (None, None),
        };
        let schedule = ScheduleRef {
            namespace: self.namespace.clone(),
            schedule_id,
        };
        let end = RunEnd {
            workflow_id: self.workflow_id.to_string(),
            first_run_id: self.start.first_run_id().into(),
            status: self.status,
            result,
            failure,
        };
        let message = ScheduleMessage::RunClosed(schedule, Box::new(end));
        ctx.emit(Effect::Send(Message::Schedule(Box::new(message))));
    }
}
