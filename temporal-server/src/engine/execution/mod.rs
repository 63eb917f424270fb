//! One run of a workflow: its history and what follows from it. A request either is refused and changes nothing, or
//! writes events, answers and leaves effects in the [`Context`]. Never reaches another run, a queue or a timer itself.

pub(crate) mod activity;
pub(crate) mod activity_answers;
pub(crate) mod activity_control;
pub(crate) mod activity_options;
pub(crate) mod activity_retry;
pub(crate) mod activity_timeouts;
mod build_ids;
pub(crate) mod cancel;
pub(crate) mod chain;
pub(crate) mod child;
pub(crate) mod close;
pub(crate) mod commands;
pub(crate) mod completion;
pub(crate) mod cron;
pub(crate) mod describe;
pub(crate) mod external;
pub(crate) mod fast_forward;
pub(crate) mod field_mask;
pub(crate) mod history;
pub(crate) mod id_policy;
pub(crate) mod options;
mod pause_info;
pub(crate) mod priority;
pub(crate) mod properties;
pub(crate) mod query;
mod rebuild;
pub(crate) mod reset;
pub(crate) mod retry_policy;
#[cfg_attr(
    not(feature = "sqlite"),
    allow(dead_code, reason = "only a store reads what it was given")
)]
pub(crate) mod saved;
mod schedule;
pub(crate) mod signal;
mod size;
pub(crate) mod start;
pub(crate) mod start_check;
pub(crate) mod time_skipping;
pub(crate) mod timer;
pub(crate) mod undo;
pub(crate) mod update;
pub(crate) mod update_registry;
pub(crate) mod workflow_task;
pub(crate) mod workflow_task_end;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use temporal_protos::common::{Memo, SearchAttributes};
use temporal_protos::enums::{EventType, WorkflowExecutionStatus};
use temporal_protos::history::HistoryEvent;
use temporal_protos::workflow::ResetPointInfo;

use super::Context;
use super::effect::{Effect, RunTimer, Target};
use super::surroundings::Namespace;
use super::time::Time;
use activity::Activity;
use child::Child;
use external::Pending;
use history::{BUFFERED, EventAttributes, History};
use query::Queries;
use reset::Resets;
use start::NewRun;
use time_skipping::TimeSkipping;
use timer::Timer;
use undo::UndoMap;
use update_registry::Updates;
use workflow_task::{Sticky, WorkflowTask};

/// One run. See the files of this folder for what can be asked of it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) workflow_id: Arc<str>,
    pub(crate) run_id: Arc<str>,
    /// What the run was started with.
    pub(crate) start: NewRun,
    pub(crate) start_time: Time,
    pub(crate) close_time: Option<Time>,
    /// Its time is the run's own: whatever time a request comes with, or a timer is set to, is ahead of the service's.
    pub(crate) time_skipping: TimeSkipping,
    pub(crate) status: WorkflowExecutionStatus,
    pub(crate) history: History,

    /// The pending workflow task.
    pub(crate) task: Option<WorkflowTask>,
    /// The attempt of the pending, or else of the next, workflow task.
    pub(crate) task_attempt: i32,
    /// Failures and timeouts of tasks in a row.
    pub(crate) task_problems: u32,
    /// Numbers tasks and activity attempts, so that what matching holds can be told from what it should hold.
    pub(crate) stamp: u64,
    /// The started event of the last completed task; 0 before.
    pub(crate) previous_started_event_id: i64,
    /// The completed event of that task.
    pub(crate) last_completed_event_id: i64,
    pub(crate) sticky: Option<Sticky>,
    /// Set until the first task has been scheduled: nothing but a cancel request may schedule it earlier.
    pub(crate) awaits_first_task: bool,
    /// After an unhandled command signals and updates wait until the next task was completed.
    pub(crate) refuses_until_closed: bool,

    pub(crate) activities: UndoMap<i64, Activity>,
    /// Activity id → scheduled event.
    pub(crate) activity_ids: UndoMap<String, i64>,
    pub(crate) timers: UndoMap<String, Timer>,
    pub(crate) children: UndoMap<i64, Child>,
    /// Signals to other workflows that are on their way, by initiated event.
    pub(crate) signals: UndoMap<i64, Pending>,
    /// Cancel requests to other workflows that are on their way, by initiated event.
    pub(crate) cancels: UndoMap<i64, Pending>,
    pub(crate) updates: Updates,
    pub(crate) queries: Queries,

    /// Request ids of signals.
    pub(crate) signal_requests: BTreeSet<String>,
    pub(crate) signal_count: u64,
    /// Request ids, and the event that each of them made; [`BUFFERED`] until it has an id.
    pub(crate) request_ids: UndoMap<String, (EventType, i64)>,
    /// Set once cancellation was requested: the request's id.
    pub(crate) cancel_requested: Option<String>,
    pub(crate) memo: Arc<Memo>,
    pub(crate) search_attributes: Arc<SearchAttributes>,
    pub(crate) reset_points: Vec<ResetPointInfo>,
    /// Changes so far.
    pub(crate) transitions: i64,
    /// The run that follows this one.
    pub(crate) successor: Option<String>,
    /// What resets have to do with it.
    pub(crate) reset: Resets,
}

impl Run {
    /// Whether the run is open.
    pub(crate) fn is_running(&self) -> bool {
        self.status == WorkflowExecutionStatus::Running
    }

    /// Begins a request: what it writes is one batch. A run that has ended changes no more, whatever is asked of it.
    pub(crate) fn begin(&mut self) {
        self.history.begin_batch();
        self.transitions += i64::from(self.is_running());
    }

    /// This run as somebody to be answered.
    pub(crate) fn as_target(&self) -> Target {
        Target {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
        }
    }

    /// What is under way that somebody in real time must do: workflow tasks and activities. While there is any, time
    /// must not be skipped.
    pub(crate) fn in_flight(&self) -> (i64, i64) {
        if !self.is_running() {
            return (0, 0);
        }
        let activities = self
            .activities
            .values()
            .filter(|activity| activity.is_in_flight())
            .count();
        (
            i64::from(self.task.is_some()),
            i64::try_from(activities).unwrap_or(i64::MAX),
        )
    }

    /// A fresh number for a task.
    pub(crate) fn next_stamp(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }

    /// Writes an event that the run itself makes: it has its id at once.
    pub(crate) fn write<A: EventAttributes>(&mut self, ctx: &Context<'_>, attributes: A) -> i64 {
        self.history.add(history::event(ctx.now, attributes))
    }

    /// Writes an event that comes from outside: it is buffered while a workflow task is started. Returns its id, or
    /// [`BUFFERED`].
    pub(crate) fn receive(&mut self, event: HistoryEvent) -> i64 {
        if self.task.as_ref().is_some_and(WorkflowTask::is_started) {
            self.history.buffer(event);
            BUFFERED
        } else {
            self.write_waiting_speculative_task();
            self.history.add(event)
        }
    }

    /// Ends a request that wrote events from outside: sees that a task will bring them to the workflow.
    pub(crate) fn notify_workflow(&mut self, ctx: &mut Context<'_>) {
        if !self.is_running() {
            return;
        }
        self.make_speculative_task_normal(ctx);
        self.enforce_buffer_limits(ctx);
        self.schedule_task(ctx);
    }

    /// Gives buffered events their ids, and lets the state know them.
    pub(crate) fn flush_buffer(&mut self) -> usize {
        if self.history.buffered().is_empty() {
            return 0;
        }
        let flushed = self.history.flush();
        for (initiated, started) in &flushed.children {
            if let Some(child) = self.children.get_mut(initiated) {
                child.started_event_id = *started;
            }
        }
        for timer in &flushed.timers {
            self.timers.remove(timer);
        }
        for (request_id, event_id) in flushed.request_ids {
            if let Some(known) = self.request_ids.get_mut(&request_id)
                && known.1 == BUFFERED
            {
                known.1 = event_id;
            }
        }
        flushed.count
    }

    /// A timer of this run is due. A timer that is out of date does nothing.
    pub(crate) fn fire(&mut self, ctx: &mut Context<'_>, timer: RunTimer) {
        if !self.is_running() {
            return;
        }
        match timer {
            RunTimer::FirstTask => self.first_task_is_due(ctx),
            RunTimer::WorkflowTask => self.task_timer_fired(ctx),
            RunTimer::Run => self.run_timed_out(ctx, false),
            RunTimer::Execution => self.run_timed_out(ctx, true),
            RunTimer::FastForward => self.fast_forward_is_due(ctx),
            RunTimer::User(started_event_id) => self.timer_fired(ctx, started_event_id),
            RunTimer::Activity(scheduled_event_id) => {
                self.activity_timer_fired(ctx, scheduled_event_id)
            }
        }
    }

    /// Says that visibility must show something else.
    pub(crate) fn show(&self, ctx: &mut Context<'_>) {
        ctx.emit(Effect::Visibility);
    }
}
