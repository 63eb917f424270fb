//! Timers of the workflow. Never asks for the time: when a timer is due it is told so.

use temporal_protos::command::{CancelTimerCommandAttributes, StartTimerCommandAttributes};
use temporal_protos::enums::WorkflowTaskFailedCause as Cause;
use temporal_protos::history::history_event::Attributes;
use temporal_protos::history::*;

use super::Run;
use super::commands::{Bad, Described};
use super::history::event;
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::time::{self, Time};

/// A pending timer.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    pub(crate) started_event_id: i64,
    pub(crate) due: Time,
    /// Its firing waits in the buffer.
    pub(crate) fired: bool,
}

impl Run {
    /// The command StartTimer.
    pub(crate) fn start_timer(
        &mut self,
        ctx: &mut Context<'_>,
        command: StartTimerCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadStartTimerAttributes;
        let id = command.timer_id;
        if id.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "TimerId is not set on StartTimerCommand.",
            ));
        }
        if id.len() > ctx.limits.id_bytes {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "TimerId on StartTimerCommand exceeds length limit. TimerId={id} Length={} Limit={}",
                    id.len(),
                    ctx.limits.id_bytes
                ),
            ));
        }
        let after = time::duration(command.start_to_fire_timeout.as_ref()).map_err(|_| {
            Bad::command(
                CAUSE,
                format!("An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId={id}"),
            )
        })?;
        if self.timers.get(&id).is_some() {
            return Err(Bad::command(
                Cause::StartTimerDuplicateId,
                format!(
                    "invalid history builder state for action: add-timer-started-event, TimerID: {id}"
                ),
            ));
        }
        let attributes = TimerStartedEventAttributes {
            timer_id: id.clone(),
            start_to_fire_timeout: command.start_to_fire_timeout,
            workflow_task_completed_event_id: completed_event_id,
        };
        let started_event_id = self.write_described(ctx, attributes, described);
        let due = ctx.now.plus(after);
        self.timers.insert(
            id,
            Timer {
                started_event_id,
                due,
                fired: false,
            },
        );
        ctx.emit(Effect::SetTimer(RunTimer::User(started_event_id), due));
        Ok(())
    }

    /// The command CancelTimer. A timer that has fired while the task ran never fired.
    pub(crate) fn cancel_timer(
        &mut self,
        ctx: &mut Context<'_>,
        command: CancelTimerCommandAttributes,
        identity: &str,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadCancelTimerAttributes;
        let id = command.timer_id;
        if id.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "TimerId is not set on CancelTimerCommand.",
            ));
        }
        if id.len() > ctx.limits.id_bytes {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "TimerId on CancelTimerCommand exceeds length limit. TimerId={id} Length={} Limit={}",
                    id.len(),
                    ctx.limits.id_bytes
                ),
            ));
        }
        let Some(timer) = self.timers.remove(&id) else {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "invalid history builder state for action: add-timer-canceled-event, TimerID: {id}"
                ),
            ));
        };
        if timer.fired {
            let started = timer.started_event_id;
            self.history.unbuffer(
                |a| matches!(a, Attributes::TimerFiredEventAttributes(fired) if fired.started_event_id == started),
            );
        }
        let attributes = TimerCanceledEventAttributes {
            timer_id: id,
            started_event_id: timer.started_event_id,
            workflow_task_completed_event_id: completed_event_id,
            identity: identity.into(),
        };
        self.write_described(ctx, attributes, described);
        ctx.emit(Effect::ClearTimer(RunTimer::User(timer.started_event_id)));
        Ok(())
    }

    /// A timer is due.
    pub(crate) fn timer_fired(&mut self, ctx: &mut Context<'_>, started_event_id: i64) {
        let Some(Attributes::TimerStartedEventAttributes(started)) = self
            .history
            .event(started_event_id)
            .and_then(|event| event.attributes.as_ref())
        else {
            return;
        };
        let timer_id = started.timer_id.clone();
        let is_due = self.timers.get(&timer_id).is_some_and(|timer| {
            timer.started_event_id == started_event_id && timer.due <= ctx.now && !timer.fired
        });
        if !is_due {
            return;
        }
        let fired = TimerFiredEventAttributes {
            timer_id: timer_id.clone(),
            started_event_id,
        };
        if self.receive(event(ctx.now, fired)) == super::history::BUFFERED {
            if let Some(timer) = self.timers.get_mut(&timer_id) {
                timer.fired = true;
            }
        } else {
            self.timers.remove(&timer_id);
        }
        self.notify_workflow(ctx);
    }
}
