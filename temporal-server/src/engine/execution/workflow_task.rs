//! The pending workflow task: scheduled, started, and how it ends without being completed. Never looks at commands.
//!
//! A task whose attempt is above 1 is *transient*, one that only carries updates is *speculative*: neither has events
//! in history until it must.

use std::time::Duration;

use temporal_protos::common::WorkerVersionStamp;
use temporal_protos::enums::{SuggestContinueAsNewReason, TaskQueueKind};
use temporal_protos::history::*;
use temporal_protos::taskqueue::TaskQueue;

use super::Run;
use super::history::event;
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::time::{Time, to_proto};

/// What the request id of a task is that its predecessor's completion brought.
pub(crate) const INLINE_REQUEST_ID: &str = "request-from-RespondWorkflowTaskCompleted";
/// A speculative task on the normal queue that nobody takes becomes a normal one after this time.
const SPECULATIVE_SCHEDULE_TO_START: Duration = Duration::from_secs(5);
/// From this attempt on a task's timeout grows.
const SLOW_ATTEMPT: i32 = 4;
const SLOW_INITIAL: Duration = Duration::from_secs(5);
const SLOW_MAXIMUM: Duration = Duration::from_secs(600);

/// The queue that only one worker polls, because it has the run in its cache.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sticky {
    pub(crate) queue: String,
    pub(crate) timeout: Duration,
}

/// The pending workflow task.
#[derive(Debug, Clone)]
pub(crate) struct WorkflowTask {
    pub(crate) stamp: u64,
    pub(crate) attempt: i32,
    pub(crate) speculative: bool,
    /// The scheduled event; of a transient or speculative task the id that it would have.
    pub(crate) scheduled_event_id: i64,
    /// Whether the scheduled event is in history.
    pub(crate) written: bool,
    pub(crate) scheduled: Time,
    /// Of a task that keeps being heartbeated, when the first of them was scheduled.
    pub(crate) originally_scheduled: Time,
    pub(crate) timeout: Duration,
    /// The sticky queue it was scheduled for.
    pub(crate) sticky: Option<String>,
    pub(crate) started: Option<StartedTask>,
    /// When the pending timer of the task is due.
    pub(crate) deadline: Option<Time>,
}

/// The worker that takes a task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taker<'a> {
    pub(crate) identity: &'a str,
    /// The build of its code, if it says so.
    pub(crate) build: Option<&'a WorkerVersionStamp>,
}

impl<'a> From<&'a str> for Taker<'a> {
    fn from(identity: &'a str) -> Self {
        Self {
            identity,
            build: None,
        }
    }
}

/// The start of a task.
#[derive(Debug, Clone)]
pub(crate) struct StartedTask {
    pub(crate) event_id: i64,
    pub(crate) at: Time,
    pub(crate) identity: String,
    pub(crate) request_id: String,
    pub(crate) build: Option<WorkerVersionStamp>,
    pub(super) suggestions: Vec<SuggestContinueAsNewReason>,
    pub(super) history_bytes: i64,
}

impl WorkflowTask {
    /// Whether a worker has it.
    pub(crate) fn is_started(&self) -> bool {
        self.started.is_some()
    }
}

impl Run {
    /// Schedules a task for what has happened, unless one is pending or the first is not due.
    pub(crate) fn schedule_task(&mut self, ctx: &mut Context<'_>) {
        if self.task.is_none() && !self.awaits_first_task && self.is_running() {
            self.schedule_task_now(ctx, false, None);
        }
    }

    /// Schedules a task that only brings updates, if none is pending. It does not wait for the first one of a run that is
    /// delayed.
    pub(crate) fn schedule_speculative_task(&mut self, ctx: &mut Context<'_>) {
        if self.task.is_none() && !self.awaits_parent() && self.is_running() {
            if self.awaits_first_task {
                ctx.emit(Effect::ClearTimer(RunTimer::FirstTask));
            }
            // An attempt above 1 means that the last task failed: there is something to repeat, not to speculate on.
            let speculative = self.task_attempt == 1;
            self.schedule_task_now(ctx, speculative, None);
        }
    }

    pub(crate) fn schedule_task_now(
        &mut self,
        ctx: &mut Context<'_>,
        speculative: bool,
        originally_scheduled: Option<Time>,
    ) {
        self.awaits_first_task = false;
        if self.flush_buffer() > 0 {
            self.task_attempt = 1;
        }
        let stamp = self.next_stamp();
        let written = self.task_attempt == 1 && !speculative;
        let sticky = self.sticky.clone();
        let mut task = WorkflowTask {
            stamp,
            attempt: self.task_attempt,
            speculative,
            scheduled_event_id: self.history.next_event_id(),
            written: false,
            scheduled: ctx.now,
            originally_scheduled: originally_scheduled.unwrap_or(ctx.now),
            timeout: self.start.task_timeout,
            sticky: sticky.as_ref().map(|sticky| sticky.queue.clone()),
            started: None,
            deadline: None,
        };
        if written {
            self.write_scheduled(&mut task);
        }
        let limit = match &sticky {
            Some(sticky) => Some(sticky.timeout).filter(|limit| !limit.is_zero()),
            None if speculative => Some(SPECULATIVE_SCHEDULE_TO_START),
            None => None,
        };
        task.deadline = limit.map(|limit| ctx.now.plus(limit));
        if let Some(deadline) = task.deadline {
            ctx.emit(Effect::SetTimer(RunTimer::WorkflowTask, deadline));
        }
        ctx.emit(Effect::AddWorkflowTask {
            sticky: task.sticky.clone(),
            normal: self.start.task_queue.clone(),
            stamp,
        });
        self.task = Some(task);
    }

    fn write_scheduled(&mut self, task: &mut WorkflowTask) {
        let scheduled = event(task.scheduled, self.scheduled_attributes(task));
        task.scheduled_event_id = self.history.add(scheduled);
        task.written = true;
    }

    fn scheduled_attributes(&self, task: &WorkflowTask) -> WorkflowTaskScheduledEventAttributes {
        WorkflowTaskScheduledEventAttributes {
            task_queue: Some(self.queue_of(task)),
            start_to_close_timeout: Some(to_proto(task.timeout)),
            attempt: task.attempt,
        }
    }

    fn queue_of(&self, task: &WorkflowTask) -> TaskQueue {
        match &task.sticky {
            Some(name) => TaskQueue {
                name: name.clone(),
                kind: TaskQueueKind::Sticky.into(),
                normal_name: self.start.task_queue.clone(),
            },
            None => self.normal_queue(),
        }
    }

    /// The run's own queue.
    pub(crate) fn normal_queue(&self) -> TaskQueue {
        TaskQueue {
            name: self.start.task_queue.clone(),
            kind: TaskQueueKind::Normal.into(),
            normal_name: String::new(),
        }
    }

    /// A worker takes the pending task. `from_sticky` says from which kind of queue. Returns whether the task is still
    /// wanted; if it is, it is started.
    pub(crate) fn start_task<'a>(
        &mut self,
        ctx: &mut Context<'_>,
        stamp: u64,
        by: impl Into<Taker<'a>>,
        request_id: String,
        from_sticky: bool,
    ) -> bool {
        let wanted = self
            .task
            .as_ref()
            .is_some_and(|task| task.stamp == stamp && !task.is_started());
        if !wanted || !self.is_running() {
            return false;
        }
        let mut task = self.task.take().expect("it was just seen");
        if task.sticky.is_some() && !from_sticky {
            // A sticky task that comes to a worker from the normal queue finds no cached run there.
            self.sticky = None;
        }
        if !task.written && self.history.next_event_id() != task.scheduled_event_id {
            // Something happened since: it is no longer a mere repetition.
            task.attempt = 1;
            task.speculative = false;
            self.task_attempt = 1;
            self.write_scheduled(&mut task);
        }
        let suggestions = self.suggestions(ctx, &task);
        let by = by.into();
        let mut started = StartedTask {
            event_id: task.scheduled_event_id + 1,
            at: ctx.now,
            identity: by.identity.into(),
            request_id,
            build: by.build.cloned(),
            suggestions,
            history_bytes: self.history.bytes(),
        };
        if task.written {
            self.history.begin_batch();
            started.event_id = self
                .history
                .add(event(ctx.now, started_attributes(&task, &started)));
        }
        task.started = Some(started);
        let deadline = ctx.now.plus(slow(task.timeout, task.attempt));
        task.deadline = Some(deadline);
        ctx.emit(Effect::SetTimer(RunTimer::WorkflowTask, deadline));
        self.updates.mark_sent(task.stamp);
        self.task = Some(task);
        true
    }

    fn suggestions(
        &self,
        ctx: &Context<'_>,
        task: &WorkflowTask,
    ) -> Vec<SuggestContinueAsNewReason> {
        let mut reasons = Vec::new();
        if self.history.bytes() >= ctx.limits.suggest_bytes {
            reasons.push(SuggestContinueAsNewReason::HistorySizeTooLarge);
        }
        // messages may stand between the two events of a task
        let started = self
            .history
            .next_event_id()
            .max(task.scheduled_event_id + 1);
        if started >= ctx.limits.suggest_events {
            reasons.push(SuggestContinueAsNewReason::TooManyHistoryEvents);
        }
        if self.updates.total() * 10 >= ctx.limits.updates_total * 9 {
            reasons.push(SuggestContinueAsNewReason::TooManyUpdates);
        }
        reasons
    }

    /// The events of the pending task that are not in history, to be shown to a worker or a reader.
    pub(crate) fn unwritten_task_events(&self, with_identity: bool) -> Vec<HistoryEvent> {
        let Some(task) = self.task.as_ref().filter(|task| !task.written) else {
            return Vec::new();
        };
        if self.history.next_event_id() != task.scheduled_event_id {
            return Vec::new();
        }
        let mut scheduled = event(task.scheduled, self.scheduled_attributes(task));
        scheduled.event_id = task.scheduled_event_id;
        let mut events = vec![scheduled];
        if let Some(started) = &task.started {
            let mut attributes = started_attributes(task, started);
            if !with_identity {
                attributes.identity.clear();
            }
            let mut shown = event(started.at, attributes);
            shown.event_id = started.event_id;
            events.push(shown);
        }
        events
    }

    /// Writes the events of a pending task that has none yet.
    pub(crate) fn write_task_events(&mut self) {
        let Some(mut task) = self.task.take() else {
            return;
        };
        if !task.written {
            self.write_scheduled(&mut task);
            if let Some(started) = &task.started {
                let written = event(started.at, started_attributes(&task, started));
                let id = self.history.add(written);
                task.started.as_mut().expect("it was just seen").event_id = id;
            }
        }
        self.task = Some(task);
    }

    /// Something else is about to be written while a speculative task waits for a worker: its event comes first.
    pub(super) fn write_waiting_speculative_task(&mut self) {
        let waits =
            |task: &mut WorkflowTask| task.speculative && !task.written && !task.is_started();
        if let Some(mut task) = self.task.take_if(waits) {
            self.write_scheduled(&mut task);
            self.task = Some(task);
        }
    }

    /// Something else happened while a speculative task was pending: its events are written, as those of any task.
    pub(crate) fn make_speculative_task_normal(&mut self, ctx: &mut Context<'_>) {
        let Some(task) = self.task.as_ref().filter(|task| task.speculative) else {
            return;
        };
        let on_normal_queue = !task.is_started() && task.sticky.is_none();
        if let Some(started) = self.task.as_mut().and_then(|task| task.started.as_mut()) {
            // The real service no longer knows who has the task.
            started.identity.clear();
            started.build = None;
        }
        self.write_task_events();
        if let Some(task) = self.task.as_mut() {
            task.speculative = false;
            if on_normal_queue {
                task.deadline = None;
                ctx.emit(Effect::ClearTimer(RunTimer::WorkflowTask));
            }
        }
    }
}

fn started_attributes(
    task: &WorkflowTask,
    started: &StartedTask,
) -> WorkflowTaskStartedEventAttributes {
    WorkflowTaskStartedEventAttributes {
        scheduled_event_id: task.scheduled_event_id,
        identity: started.identity.clone(),
        request_id: started.request_id.clone(),
        suggest_continue_as_new: !started.suggestions.is_empty(),
        suggest_continue_as_new_reasons: started
            .suggestions
            .iter()
            .map(|reason| (*reason).into())
            .collect(),
        history_size_bytes: started.history_bytes,
        worker_version: started.build.clone(),
        ..Default::default()
    }
}

/// The timeout of an attempt: repeated failures slow down by it.
fn slow(timeout: Duration, attempt: i32) -> Duration {
    if attempt < SLOW_ATTEMPT {
        return timeout;
    }
    let doublings = u32::try_from(attempt - SLOW_ATTEMPT).unwrap_or(0).min(10);
    timeout
        + SLOW_INITIAL
            .saturating_mul(1 << doublings)
            .min(SLOW_MAXIMUM)
}
