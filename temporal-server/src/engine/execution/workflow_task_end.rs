//! How a workflow task ends without being completed: it fails, times out, or is given up.

use prost::Message as _;
use temporal_protos::enums::{TimeoutType, WorkflowTaskFailedCause};
use temporal_protos::failure::Failure;
use temporal_protos::history::{
    WorkflowTaskFailedEventAttributes, WorkflowTaskTimedOutEventAttributes,
};

use super::Run;
use super::completion::TaskRef;
use super::workflow_task::WorkflowTask;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::refusal::Refusal;
use crate::engine::{Context, failure};

impl Run {
    /// The pending task ends without being completed; its end is written if it is the first attempt's.
    fn end_task<A: super::history::EventAttributes>(
        &mut self,
        ctx: &mut Context<'_>,
        end: impl FnOnce(&WorkflowTask) -> A,
    ) {
        let unwritten_is_written = self.task.as_ref().is_some_and(|task| task.speculative);
        if unwritten_is_written {
            self.write_task_events();
        }
        let Some(task) = self.task.take() else { return };
        if task.written {
            let attributes = end(&task);
            self.write(ctx, attributes);
        }
        self.updates.task_ended_badly();
        ctx.emit(Effect::ClearTimer(RunTimer::WorkflowTask));
    }

    /// RespondWorkflowTaskFailed.
    pub(crate) fn task_failed_by_worker(
        &mut self,
        ctx: &mut Context<'_>,
        named: &TaskRef,
        cause: WorkflowTaskFailedCause,
        why: Option<Failure>,
        identity: &str,
    ) -> Result<(), Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        self.check_task(named)?;
        let why = why.map(|why| {
            if why.encoded_len() <= ctx.limits.blob_bytes {
                return why;
            }
            let cause = Some(Box::new(failure::truncated(&why)));
            Failure {
                cause,
                ..failure::server("Failure exceeds size limit.")
            }
        });
        if cause == WorkflowTaskFailedCause::GrpcMessageTooLarge {
            // No attempt could do better: what is too large stays too large.
            self.terminate_by_service(ctx, "GrpcMessageTooLarge");
        } else {
            self.fail_task(ctx, cause, why, identity);
        }
        Ok(())
    }

    /// A started task failed: by a worker's word, or because what it answered is of no use.
    pub(crate) fn fail_task(
        &mut self,
        ctx: &mut Context<'_>,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        identity: &str,
    ) {
        self.end_failed_task(ctx, cause, failure, identity);
        self.schedule_task(ctx);
    }

    /// The same, but for the next task.
    pub(crate) fn end_failed_task(
        &mut self,
        ctx: &mut Context<'_>,
        cause: WorkflowTaskFailedCause,
        failure: Option<Failure>,
        identity: &str,
    ) {
        self.end_task(ctx, |task| WorkflowTaskFailedEventAttributes {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started.as_ref().map_or(0, |started| started.event_id),
            cause: cause.into(),
            failure,
            identity: identity.into(),
            ..Default::default()
        });
        let repeats = cause != WorkflowTaskFailedCause::ResetWorkflow;
        self.raise_attempt(repeats);
        let named = format!(
            "WorkflowTaskFailedCause{}",
            super::commands::camel_cause(cause)
        );
        self.note_task_problem(ctx, &named, "WorkflowTaskFailed");
    }

    /// After a failure or a timeout: a run that was sticky gets its full history first, before anything is counted.
    fn raise_attempt(&mut self, counts: bool) {
        if self.sticky.take().is_none() && counts {
            self.task_attempt += 1;
        }
        if !self.history.buffered().is_empty() {
            self.task_attempt = 1;
        }
    }

    /// The timer of the pending task is due.
    pub(crate) fn task_timer_fired(&mut self, ctx: &mut Context<'_>) {
        let Some(task) = self.task.as_ref() else {
            return;
        };
        if task.deadline.is_none_or(|deadline| deadline > ctx.now) {
            return;
        }
        let started = task.is_started();
        let speculative = task.speculative;
        let kind = if started {
            TimeoutType::StartToClose
        } else {
            TimeoutType::ScheduleToStart
        };
        self.end_task(ctx, |task| WorkflowTaskTimedOutEventAttributes {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started.as_ref().map_or(0, |started| started.event_id),
            timeout_type: kind.into(),
        });
        if started {
            self.raise_attempt(true);
            self.note_task_problem(
                ctx,
                "WorkflowTaskTimedOutCauseStartToClose",
                "WorkflowTaskTimedOut",
            );
        } else {
            self.sticky = None;
            if speculative {
                self.task_attempt = 1;
            }
        }
        self.schedule_task(ctx);
    }

    /// Fails a started task so that the run can be closed over it, and gives buffered events their ids.
    pub(crate) fn force_close_task(&mut self, ctx: &mut Context<'_>) {
        if self.task.as_ref().is_some_and(WorkflowTask::is_started) {
            self.end_task(ctx, |task| WorkflowTaskFailedEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started.as_ref().map_or(0, |started| started.event_id),
                cause: WorkflowTaskFailedCause::ForceCloseCommand.into(),
                identity: "history-service".into(),
                ..Default::default()
            });
        }
        self.task = None;
        self.flush_buffer();
    }

    /// Too much has been buffered: the started task is given up, so that what waits can be written.
    pub(crate) fn enforce_buffer_limits(&mut self, ctx: &mut Context<'_>) {
        let over = self.history.buffered().len() > ctx.limits.buffered_events
            || self.history.buffered_bytes() > ctx.limits.buffered_bytes;
        if over {
            self.end_task(ctx, |task| WorkflowTaskFailedEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started.as_ref().map_or(0, |started| started.event_id),
                cause: WorkflowTaskFailedCause::ForceCloseCommand.into(),
                identity: "history-service".into(),
                ..Default::default()
            });
            self.sticky = None;
            self.flush_buffer();
            self.task_attempt = 2;
        }
    }
}
