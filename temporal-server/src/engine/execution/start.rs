//! The beginning of a run: what it is started with, its first event, its first task and its own timeouts.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::*;
use temporal_protos::enums::{ContinueAsNewInitiator, EventType, WorkflowExecutionStatus};
use temporal_protos::failure::Failure;
use temporal_protos::history::WorkflowExecutionStartedEventAttributes;
use temporal_protos::sdk::UserMetadata;
use temporal_protos::workflow::{ResetPointInfo, ResetPoints};

use super::Run;
use super::commands::normal;
use super::history::{History, event};
use super::reset::Resets;
use super::signal::Signal;
use super::time_skipping::TimeSkipping;
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer, Target};
use crate::engine::surroundings::Namespace;
use crate::engine::time::{Time, to_proto, to_proto_unless_zero};

/// The parent of a child.
#[derive(Debug, Clone)]
pub(crate) struct Parent {
    pub(crate) target: Target,
    pub(crate) initiated_event_id: i64,
}

/// Everything that a run is started with, checked and filled.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewRun {
    pub(crate) run_id: String,
    pub(crate) request_id: String,
    pub(crate) workflow_type: String,
    pub(crate) task_queue: String,
    pub(crate) input: Option<Payloads>,
    /// Zero for none.
    pub(crate) execution_timeout: Duration,
    /// Zero for none.
    pub(crate) run_timeout: Duration,
    /// Whether the timeouts of execution and run are shown even if there are none: as they were asked for.
    pub(crate) shows_execution_timeout: bool,
    pub(crate) shows_run_timeout: bool,
    pub(crate) task_timeout: Duration,
    pub(crate) identity: String,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) cron_schedule: String,
    pub(crate) memo: Option<Memo>,
    pub(crate) search_attributes: Option<SearchAttributes>,
    pub(crate) header: Option<Header>,
    /// How long the first task waits: a delay, a back-off or a cron wait.
    pub(crate) backoff: Duration,
    pub(crate) user_metadata: Option<UserMetadata>,
    pub(crate) links: Vec<Link>,
    pub(crate) priority: Option<Priority>,
    pub(crate) completion_callbacks: Vec<Callback>,
    pub(crate) eager_accepted: bool,

    pub(crate) initiator: i32,
    pub(crate) continued_run_id: String,
    /// The first run of the chain; empty if it is this one.
    pub(crate) first_run_id: String,
    pub(crate) attempt: i32,
    /// When the chain must end.
    pub(crate) expires: Option<Time>,
    pub(crate) continued_failure: Option<Failure>,
    pub(crate) last_completion_result: Option<Payloads>,
    pub(crate) reset_points: Vec<ResetPointInfo>,
    /// When the chain's first run was started.
    pub(crate) original_start: Option<Time>,

    /// Whether and how the run may skip time.
    pub(crate) time_skipping_config: Option<TimeSkippingConfig>,
    /// How far its time is ahead already.
    pub(crate) time_skipping_state: Option<TimeSkippingStatePropagation>,
    /// The id of the schedule that started the chain.
    pub(crate) scheduled_by: Option<String>,
    pub(crate) parent: Option<Parent>,
    pub(crate) root: Option<WorkflowExecution>,
    /// The first task waits until the parent knows of the child.
    pub(crate) waits_for_parent: bool,
}

impl NewRun {
    /// The timeout of the execution, as events and descriptions show it.
    pub(crate) fn shown_execution_timeout(&self) -> Option<prost_types::Duration> {
        shown(self.execution_timeout, self.shows_execution_timeout)
    }

    /// The timeout of the run, as events and descriptions show it.
    pub(crate) fn shown_run_timeout(&self) -> Option<prost_types::Duration> {
        shown(self.run_timeout, self.shows_run_timeout)
    }

    /// The first run of the chain that this run belongs to.
    pub(crate) fn first_run_id(&self) -> &str {
        if self.first_run_id.is_empty() {
            &self.run_id
        } else {
            &self.first_run_id
        }
    }
}

impl Run {
    /// A new run with its first event. Its first task is not scheduled yet.
    pub(crate) fn new(
        ctx: &mut Context<'_>,
        namespace: Arc<Namespace>,
        workflow_id: &str,
        start: NewRun,
    ) -> Self {
        let mut start = start;
        if start.expires.is_none() && !start.execution_timeout.is_zero() {
            start.expires = Some(ctx.now.plus(start.execution_timeout).plus(start.backoff));
        }
        start.original_start.get_or_insert(ctx.now);
        let mut run = Self::unwritten(ctx.now, namespace, workflow_id, start);
        let attributes = run.started_attributes();
        let mut started = event(ctx.now, attributes);
        started.user_metadata = run.start.user_metadata.clone();
        started.links = run.start.links.clone();
        let id = run.history.add(started);
        run.request_ids.insert(
            run.start.request_id.clone(),
            (EventType::WorkflowExecutionStarted, id),
        );
        run.set_own_timeouts(ctx);
        run.show(ctx);
        run
    }

    /// A run without a history.
    pub(super) fn unwritten(
        now: Time,
        namespace: Arc<Namespace>,
        workflow_id: &str,
        start: NewRun,
    ) -> Self {
        Self {
            namespace,
            workflow_id: workflow_id.into(),
            run_id: start.run_id.as_str().into(),
            start_time: now,
            close_time: None,
            time_skipping: TimeSkipping::begin(now, &start),
            status: WorkflowExecutionStatus::Running,
            history: History::default(),
            task: None,
            task_attempt: 1,
            task_problems: 0,
            stamp: 0,
            previous_started_event_id: 0,
            last_completed_event_id: 0,
            sticky: None,
            awaits_first_task: true,
            refuses_until_closed: false,
            activities: Default::default(),
            activity_ids: Default::default(),
            timers: Default::default(),
            children: Default::default(),
            signals: Default::default(),
            cancels: Default::default(),
            updates: Default::default(),
            queries: Default::default(),
            signal_requests: Default::default(),
            signal_count: 0,
            request_ids: Default::default(),
            cancel_requested: None,
            memo: Arc::new(start.memo.clone().unwrap_or_default()),
            search_attributes: Arc::new(start.search_attributes.clone().unwrap_or_default()),
            reset_points: start.reset_points.clone(),
            transitions: 1,
            successor: None,
            reset: Resets::default(),
            start,
        }
    }

    fn started_attributes(&self) -> WorkflowExecutionStartedEventAttributes {
        let start = &self.start;
        let parent = start.parent.as_ref();
        WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType {
                name: start.workflow_type.clone(),
            }),
            parent_workflow_namespace: parent
                .map(|p| p.target.namespace.name.clone())
                .unwrap_or_default(),
            parent_workflow_namespace_id: parent
                .map(|p| p.target.namespace.id.clone())
                .unwrap_or_default(),
            parent_workflow_execution: parent.map(|p| WorkflowExecution {
                workflow_id: p.target.workflow_id.clone(),
                run_id: p.target.run_id.clone(),
            }),
            parent_initiated_event_id: parent.map_or(0, |p| p.initiated_event_id),
            task_queue: Some(normal(start.task_queue.clone())),
            input: start.input.clone(),
            workflow_execution_timeout: start.shown_execution_timeout(),
            workflow_run_timeout: start.shown_run_timeout(),
            workflow_task_timeout: Some(to_proto(start.task_timeout)),
            continued_execution_run_id: start.continued_run_id.clone(),
            initiator: start.initiator,
            continued_failure: start.continued_failure.clone(),
            last_completion_result: start.last_completion_result.clone(),
            original_execution_run_id: start.run_id.clone(),
            identity: start.identity.clone(),
            first_execution_run_id: start.first_run_id().into(),
            retry_policy: start.retry_policy.clone(),
            attempt: start.attempt.max(1),
            workflow_execution_expiration_time: start.expires.map(Time::to_proto),
            cron_schedule: start.cron_schedule.clone(),
            first_workflow_task_backoff: if start.initiator
                == ContinueAsNewInitiator::Workflow as i32
            {
                to_proto_unless_zero(start.backoff)
            } else {
                Some(to_proto(start.backoff))
            },
            memo: start.memo.clone(),
            search_attributes: start.search_attributes.clone(),
            prev_auto_reset_points: (!start.reset_points.is_empty()).then(|| ResetPoints {
                points: start.reset_points.clone(),
            }),
            header: start.header.clone(),
            workflow_id: self.workflow_id.to_string(),
            completion_callbacks: start.completion_callbacks.clone(),
            root_workflow_execution: start.root.clone(),
            priority: start.priority.clone(),
            eager_execution_accepted: start.eager_accepted,
            time_skipping_config: start.time_skipping_config.clone(),
            time_skipping_state_propagation: start.time_skipping_state,
            ..Default::default()
        }
    }

    /// When the run itself must end; not before its first task could have begun.
    pub(super) fn set_own_timeouts(&self, ctx: &mut Context<'_>) {
        if let Some(at) = self.own_deadline() {
            ctx.emit(Effect::SetTimer(RunTimer::Run, at));
        }
        if let Some(at) = self.start.expires {
            ctx.emit(Effect::SetTimer(RunTimer::Execution, at));
        }
        if let Some(at) = self.time_skipping.fast_forwards_to() {
            ctx.emit(Effect::SetTimer(RunTimer::FastForward, at));
        }
    }

    /// When the run times out, if its chain does not before.
    pub(crate) fn own_deadline(&self) -> Option<Time> {
        self.run_expires()
            .filter(|at| self.start.expires.is_none_or(|expires| *at < expires))
    }

    /// When the run times out.
    pub(crate) fn run_expires(&self) -> Option<Time> {
        let timeout = self.start.run_timeout;
        (!timeout.is_zero()).then(|| self.start_time.plus(self.start.backoff).plus(timeout))
    }

    /// When the first task may be scheduled.
    pub(crate) fn execution_time(&self) -> Time {
        self.start_time.plus(self.start.backoff)
    }

    /// Whether the first task waits for the parent to hear of the child.
    pub(crate) fn awaits_parent(&self) -> bool {
        self.awaits_first_task && self.start.waits_for_parent
    }

    /// Schedules the first task, now or after the back-off.
    pub(crate) fn begin_run(&mut self, ctx: &mut Context<'_>) {
        if self.start.waits_for_parent || !self.awaits_first_task || !self.is_running() {
            return;
        }
        if self.start.backoff.is_zero() {
            self.schedule_task_now(ctx, false, None);
        } else {
            ctx.emit(Effect::SetTimer(RunTimer::FirstTask, self.execution_time()));
        }
    }

    /// The parent knows of this child.
    pub(crate) fn parent_knows(&mut self, ctx: &mut Context<'_>) {
        if self.start.waits_for_parent {
            self.start.waits_for_parent = false;
            self.begin_run(ctx);
        }
    }

    /// The end of the back-off.
    pub(crate) fn first_task_is_due(&mut self, ctx: &mut Context<'_>) {
        if self.awaits_first_task && self.execution_time() <= ctx.now {
            self.schedule_task_now(ctx, false, None);
        }
    }

    /// The task that an update had brought forward was nothing: the delay goes on, unless it is over meanwhile.
    pub(super) fn await_first_task_again(&mut self, ctx: &mut Context<'_>) {
        self.awaits_first_task = true;
        let due = self.execution_time();
        if due <= ctx.now {
            self.schedule_task_now(ctx, false, None);
        } else {
            ctx.emit(Effect::SetTimer(RunTimer::FirstTask, due));
        }
    }

    /// A signal-with-start that meets a run in its delay ends the delay; a plain signal does not.
    pub(crate) fn end_delay_for_signal_with_start(&mut self, ctx: &mut Context<'_>) {
        if self.is_running() && self.awaits_first_task && !self.awaits_parent() {
            ctx.emit(Effect::ClearTimer(RunTimer::FirstTask));
            self.schedule_task_now(ctx, false, None);
        }
    }

    /// A new run and the signal that comes with its start.
    pub(crate) fn new_with_signal(
        ctx: &mut Context<'_>,
        namespace: Arc<Namespace>,
        workflow_id: &str,
        start: NewRun,
        signal: Signal,
    ) -> Result<Self, crate::engine::refusal::Refusal> {
        let mut run = Self::new(ctx, namespace, workflow_id, start);
        run.write_signal(ctx, signal)?;
        // As in the real service, the request stands for its last event.
        let signaled = run.history.last_event_id();
        if let Some(made) = run.request_ids.get_mut(&run.start.request_id) {
            made.1 = signaled;
        }
        run.begin_run(ctx);
        Ok(run)
    }
}

fn shown(timeout: Duration, even_if_none: bool) -> Option<prost_types::Duration> {
    (even_if_none || !timeout.is_zero()).then(|| to_proto(timeout))
}
