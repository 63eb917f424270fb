//! A completed workflow task: taken as a whole, or not at all. What single commands do is in the files of their nouns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::{Memo, SearchAttributes};
use temporal_protos::enums::{
    TimeoutType, WorkflowExecutionStatus, WorkflowTaskFailedCause as Cause,
};
use temporal_protos::history::{
    WorkflowTaskCompletedEventAttributes, WorkflowTaskTimedOutEventAttributes,
};
use temporal_protos::workflowservice::RespondWorkflowTaskCompletedRequest as Request;

use super::Run;
use super::activity::ActivityTask;
use super::commands::{Bad, Work, camel_cause, check_sequence};
use super::history::HistoryMark;
use super::workflow_task::{INLINE_REQUEST_ID, Sticky, Taker, WorkflowTask};
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::refusal::Refusal;
use crate::engine::time::{self, Time};
use crate::engine::{Context, failure};

/// How long a task may be kept alive by completions that do nothing.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(30 * 60);

/// Which start of which task somebody speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskRef {
    pub(crate) scheduled_event_id: i64,
    pub(crate) started_event_id: i64,
    pub(crate) attempt: i32,
    pub(crate) started: Time,
}

/// The answer to a completion.
#[derive(Debug, Default)]
pub(crate) struct Completed {
    /// The next task was started along with it.
    pub(crate) has_new_task: bool,
    /// Activities that the worker may run at once.
    pub(crate) activities: Vec<ActivityTask>,
    /// The task was discarded: the worker goes back to the task that started with this event.
    pub(crate) reset_history_event_id: i64,
}

/// What a completion may change, to put it back.
struct Savepoint {
    history: HistoryMark,
    task: Option<WorkflowTask>,
    task_attempt: i32,
    task_problems: u32,
    previous_started_event_id: i64,
    last_completed_event_id: i64,
    sticky: Option<Sticky>,
    refuses_until_closed: bool,
    memo: Arc<Memo>,
    search_attributes: Arc<SearchAttributes>,
    reset_points: usize,
    status: WorkflowExecutionStatus,
    close_time: Option<Time>,
    successor: Option<String>,
    effects: usize,
}

impl Run {
    /// Whether the task that is spoken of is the one that is started.
    pub(crate) fn check_task(&self, named: &TaskRef) -> Result<(), Refusal> {
        let matches = self.is_running()
            && self.task.as_ref().is_some_and(|task| {
                task.scheduled_event_id == named.scheduled_event_id
                    && task.attempt == named.attempt
                    && task.started.as_ref().is_some_and(|started| {
                        started.event_id == named.started_event_id && started.at == named.started
                    })
            });
        if matches {
            Ok(())
        } else {
            Err(Refusal::not_found("Workflow task not found."))
        }
    }

    /// RespondWorkflowTaskCompleted. An error may leave effects: a task that failed by its own completion.
    pub(crate) fn complete_task(
        &mut self,
        ctx: &mut Context<'_>,
        named: &TaskRef,
        mut request: Request,
    ) -> Result<Completed, Refusal> {
        self.check_task(named)?;
        check_sequence(&request.commands)?;
        if request
            .messages
            .iter()
            .any(|message| message.body.is_none())
        {
            return Err(Refusal::invalid("nil message body"));
        }
        let heartbeats = request.force_create_new_workflow_task
            && request.commands.is_empty()
            && request.messages.is_empty();
        if heartbeats && self.heartbeat_is_over(ctx) {
            return Err(Refusal::not_found("workflow task heartbeat timeout"));
        }
        let answers = std::mem::take(&mut request.query_results);
        let identity = request.identity.clone();
        let save = self.save(ctx);
        let taken = if self.is_discarded(&request) {
            self.discard_task(ctx, request)
        } else {
            self.take_completion(ctx, request, heartbeats)
        };
        let beyond = self.history_too_large(ctx.limits);
        if let Some(why) = beyond.filter(|_| taken.is_ok() && self.is_running()) {
            self.restore(ctx, save);
            self.terminate_by_service(ctx, why);
            return Err(Refusal::invalid(why));
        }
        match taken {
            Ok(completed) => {
                self.keep();
                for (id, result) in answers {
                    self.answer_query(ctx, id, result);
                }
                self.release_queries(ctx);
                Ok(completed)
            }
            Err(bad) => {
                self.restore(ctx, save);
                Err(self.fail_by_completion(ctx, bad, &identity))
            }
        }
    }

    fn heartbeat_is_over(&mut self, ctx: &mut Context<'_>) -> bool {
        let over = self
            .task
            .as_ref()
            .is_some_and(|task| ctx.now.since(task.originally_scheduled) >= LONGEST_HEARTBEAT);
        if over {
            self.write_task_events();
            let task = self.task.take().expect("it was just seen");
            let timed_out = WorkflowTaskTimedOutEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started.as_ref().map_or(0, |started| started.event_id),
                timeout_type: TimeoutType::StartToClose.into(),
            };
            self.write(ctx, timed_out);
            self.sticky = None;
            self.updates.task_ended_badly();
            ctx.emit(Effect::ClearTimer(RunTimer::WorkflowTask));
            self.schedule_task(ctx);
        }
        over
    }

    fn take_completion(
        &mut self,
        ctx: &mut Context<'_>,
        request: Request,
        heartbeats: bool,
    ) -> Result<Completed, Bad> {
        self.write_task_events();
        let task = self.task.take().expect("the task was checked");
        ctx.emit(Effect::ClearTimer(RunTimer::WorkflowTask));
        let completed_event_id = self.write_completed(ctx, &task, &request);
        self.task_attempt = 1;
        self.refuses_until_closed = false;
        self.sticky = sticky_of(&request);
        let mut work = Work {
            identity: request.identity.clone(),
            build: request.worker_version_stamp,
            completed_event_id,
            messages: request
                .messages
                .into_iter()
                .enumerate()
                .map(|(place, message)| (message.id.clone(), (place, message)))
                .collect(),
            ..Default::default()
        };
        for command in request.commands {
            self.take_command(ctx, command, &mut work)?;
        }
        self.take_leftover_messages(ctx, &mut work)?;
        if !heartbeats && self.is_running() {
            self.reject_ignored_updates(ctx);
        }
        if !self.is_running() {
            self.close_updates(ctx);
            return Ok(Completed::default());
        }
        for message in std::mem::take(&mut work.sends) {
            ctx.emit(Effect::Send(message));
        }
        let activities = self.start_activities(ctx, &work.activities, &work.identity);
        let forced = request.force_create_new_workflow_task || work.needs_task;
        let original = heartbeats.then_some(task.originally_scheduled);
        let returned = request.return_new_workflow_task;
        let has_new_task = self.schedule_next(ctx, forced, original, returned);
        let inline = has_new_task && returned;
        if inline {
            self.start_inline(ctx, work.taker());
        }
        Ok(Completed {
            has_new_task: inline,
            activities,
            reset_history_event_id: 0,
        })
    }

    fn write_completed(
        &mut self,
        ctx: &mut Context<'_>,
        task: &WorkflowTask,
        request: &Request,
    ) -> i64 {
        let started_event_id = task.started.as_ref().map_or(0, |started| started.event_id);
        let attributes = WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id,
            identity: request.identity.clone(),
            sdk_metadata: request.sdk_metadata.clone(),
            metering_metadata: request.metering_metadata,
            versioning_behavior: request.versioning_behavior,
            worker_version: request.worker_version_stamp.clone(),
            ..Default::default()
        };
        let id = self.write(ctx, attributes);
        self.previous_started_event_id = started_event_id;
        self.last_completed_event_id = id;
        let build = request.worker_version_stamp.clone().unwrap_or_default();
        self.note_reset_point(ctx, id, build.build_id);
        self.note_task_success(ctx);
        self.note_build_id(ctx, request.worker_version_stamp.as_ref());
        id
    }

    /// Sends scheduled activities to their queues, or gives them to the worker that wants to run them itself.
    fn start_activities(
        &mut self,
        ctx: &mut Context<'_>,
        scheduled: &[(i64, bool)],
        identity: &str,
    ) -> Vec<ActivityTask> {
        let mut eager = Vec::new();
        for (id, wants) in scheduled {
            let Some(stamp) = self.activities.get(id).map(|activity| activity.stamp) else {
                continue;
            };
            if *wants {
                eager.extend(self.start_activity(ctx, *id, stamp, identity));
            } else {
                self.dispatch_activity(ctx, *id);
            }
        }
        eager
    }

    /// Schedules the task after a completed one, if there is something for it. One for updates is speculative only if
    /// it is returned with the answer.
    fn schedule_next(
        &mut self,
        ctx: &mut Context<'_>,
        forced: bool,
        original: Option<Time>,
        returned: bool,
    ) -> bool {
        if forced || !self.history.buffered().is_empty() {
            self.schedule_task_now(ctx, false, original);
        } else if self.updates.has_undelivered() {
            if returned {
                self.schedule_speculative_task(ctx);
            } else {
                self.schedule_task(ctx);
            }
        }
        self.task.is_some()
    }

    /// Starts the task just scheduled for the worker that completed the one before.
    fn start_inline(&mut self, ctx: &mut Context<'_>, by: Taker<'_>) {
        let Some(stamp) = self.task.as_ref().map(|task| task.stamp) else {
            return;
        };
        ctx.effects.retain(|effect| !matches!(effect, Effect::AddWorkflowTask { stamp: added, .. } if *added == stamp));
        self.start_task(ctx, stamp, by, INLINE_REQUEST_ID.into(), true);
    }

    /// A completion that says nothing but that all updates are refused leaves no trace of a speculative task.
    fn is_discarded(&self, request: &Request) -> bool {
        let speculative = |task: &&WorkflowTask| task.speculative && !task.written;
        let Some(task) = self.task.as_ref().filter(speculative) else {
            return false;
        };
        if !request.commands.is_empty() || request.force_create_new_workflow_task {
            return false;
        }
        if !request.messages.iter().all(super::update::is_rejection) {
            return false;
        }
        // The first task of all ships what there was before it, and may be discarded all the same.
        let shipped = task.scheduled_event_id - self.previous_started_event_id - 2;
        let able = request
            .capabilities
            .is_some_and(|can| can.discard_speculative_workflow_task_with_events);
        shipped <= 0 || (able && shipped <= 10)
    }

    fn discard_task(&mut self, ctx: &mut Context<'_>, request: Request) -> Result<Completed, Bad> {
        self.task = None;
        ctx.emit(Effect::ClearTimer(RunTimer::WorkflowTask));
        if self.last_completed_event_id == 0 {
            self.await_first_task_again(ctx);
        }
        self.sticky = sticky_of(&request);
        let messages: BTreeMap<_, _> = request
            .messages
            .into_iter()
            .enumerate()
            .map(|(place, message)| (message.id.clone(), (place, message)))
            .collect();
        let mut work = Work {
            identity: request.identity,
            build: request.worker_version_stamp,
            messages,
            ..Default::default()
        };
        self.take_leftover_messages(ctx, &mut work)?;
        self.reject_ignored_updates(ctx);
        let returned = request.return_new_workflow_task;
        let has_new_task = self.schedule_next(ctx, false, None, returned);
        let inline = has_new_task && returned;
        if inline {
            self.start_inline(ctx, work.taker());
        }
        let reset_history_event_id = self.previous_started_event_id;
        Ok(Completed {
            has_new_task: inline,
            activities: Vec::new(),
            reset_history_event_id,
        })
    }

    /// What a completion that is not taken does to its task, and what its worker is told.
    fn fail_by_completion(&mut self, ctx: &mut Context<'_>, bad: Bad, identity: &str) -> Refusal {
        let attempt = self.task.as_ref().map_or(1, |task| task.attempt);
        let (cause, text, terminates) = match bad {
            Bad::Refused(refusal) => return refusal,
            Bad::Unhandled => (
                Cause::UnhandledCommand,
                "UnhandledCommand".to_string(),
                false,
            ),
            Bad::Command { cause, text } => {
                (cause, format!("{}: {text}", camel_cause(cause)), false)
            }
            Bad::Size { cause, text } => (cause, format!("{}: {text}", camel_cause(cause)), true),
        };
        let refusal = Refusal::invalid(text.clone());
        if attempt > 1 && cause != Cause::UnhandledCommand && !terminates {
            // The task stays with the worker until it times out: that is how repeated failures slow down.
            return refusal;
        }
        self.abort_sent_updates(ctx);
        self.end_failed_task(ctx, cause, Some(failure::server(text.clone())), identity);
        if terminates {
            self.terminate_by_service(ctx, &text);
        } else {
            self.refuses_until_closed |= cause == Cause::UnhandledCommand;
            self.schedule_task(ctx);
        }
        refusal
    }

    fn save(&mut self, ctx: &Context<'_>) -> Savepoint {
        self.activities.mark();
        self.activity_ids.mark();
        self.timers.mark();
        self.children.mark();
        self.signals.mark();
        self.cancels.mark();
        self.updates.mark();
        self.request_ids.mark();
        Savepoint {
            history: self.history.mark(),
            task: self.task.clone(),
            task_attempt: self.task_attempt,
            task_problems: self.task_problems,
            previous_started_event_id: self.previous_started_event_id,
            last_completed_event_id: self.last_completed_event_id,
            sticky: self.sticky.clone(),
            refuses_until_closed: self.refuses_until_closed,
            memo: self.memo.clone(),
            search_attributes: self.search_attributes.clone(),
            reset_points: self.reset_points.len(),
            status: self.status,
            close_time: self.close_time,
            successor: self.successor.clone(),
            effects: ctx.effects.len(),
        }
    }

    fn keep(&mut self) {
        self.activities.keep();
        self.activity_ids.keep();
        self.timers.keep();
        self.children.keep();
        self.signals.keep();
        self.cancels.keep();
        self.updates.keep();
        self.request_ids.keep();
    }

    fn restore(&mut self, ctx: &mut Context<'_>, save: Savepoint) {
        self.activities.undo();
        self.activity_ids.undo();
        self.timers.undo();
        self.children.undo();
        self.signals.undo();
        self.cancels.undo();
        self.updates.undo();
        self.request_ids.undo();
        self.history.undo(save.history);
        self.task = save.task;
        self.task_attempt = save.task_attempt;
        self.task_problems = save.task_problems;
        self.previous_started_event_id = save.previous_started_event_id;
        self.last_completed_event_id = save.last_completed_event_id;
        self.sticky = save.sticky;
        self.refuses_until_closed = save.refuses_until_closed;
        self.memo = save.memo;
        self.search_attributes = save.search_attributes;
        self.reset_points.truncate(save.reset_points);
        self.status = save.status;
        self.close_time = save.close_time;
        self.successor = save.successor;
        ctx.effects.truncate(save.effects);
    }
}

fn sticky_of(request: &Request) -> Option<Sticky> {
    let sticky = request.sticky_attributes.as_ref()?;
    let queue = sticky
        .worker_task_queue
        .as_ref()
        .map(|queue| queue.name.clone())
        .filter(|name| !name.is_empty())?;
    Some(Sticky {
        queue,
        timeout: time::checked(sticky.schedule_to_start_timeout.as_ref()),
    })
}
