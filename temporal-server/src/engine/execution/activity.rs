//! Activities of a run: scheduling, hand-over to a worker, cancellation asked for by the workflow. How attempts end is
//! in `activity_answers.rs`, `activity_retry.rs` and `activity_timeouts.rs`.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::command::ScheduleActivityTaskCommandAttributes;
use temporal_protos::common::{Payload, Payloads, Priority, RetryPolicy, WorkerVersionStamp};
use temporal_protos::enums::WorkflowTaskFailedCause as Cause;
use temporal_protos::failure::Failure;
use temporal_protos::history::history_event::Attributes;
use temporal_protos::history::*;

use super::activity_options::{Timeouts, filled};
use super::commands::{Bad, Described, check_user_task_queue, normal};
use super::history::BUFFERED;
use super::{Run, priority, retry_policy};
use crate::engine::Context;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::matching::Level;
use crate::engine::time::{self, Time, to_proto};

/// Where an activity's current attempt is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ActivityState {
    /// It waits for a worker since then.
    Scheduled(Time),
    /// It waits for its retry until then.
    Backoff(Time),
    /// A worker has it.
    Started { at: Time, request_id: String },
}

/// Who paused an activity, when and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActivityPause {
    pub(crate) at: Time,
    pub(crate) identity: String,
    pub(crate) reason: String,
    pub(crate) request_id: String,
}

/// A pending activity.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    /// The scheduled event: what does not change is read there.
    pub(crate) scheduled_event: Arc<HistoryEvent>,
    pub(crate) scheduled_event_id: i64,
    pub(crate) activity_id: String,
    pub(crate) stamp: u64,
    pub(crate) attempt: i32,
    pub(crate) state: ActivityState,
    pub(crate) first_scheduled: Time,
    pub(crate) attempt_scheduled: Time,
    pub(crate) task_queue: String,
    pub(crate) schedule_to_close: Duration,
    pub(crate) schedule_to_start: Duration,
    pub(crate) start_to_close: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) retry_policy: RetryPolicy,
    pub(crate) priority: Option<Priority>,
    pub(crate) identity: String,
    /// The build of the worker, as its answer names it.
    pub(crate) build: Option<WorkerVersionStamp>,
    pub(crate) last_attempt_complete: Option<Time>,
    pub(crate) retry_interval: Duration,
    pub(crate) last_failure: Option<Failure>,
    pub(crate) heartbeat_details: Option<Payloads>,
    pub(crate) last_heartbeat: Option<Time>,
    /// The event that asked for cancellation.
    pub(crate) cancel_requested: Option<i64>,
    pub(crate) paused: Option<ActivityPause>,
    /// A reset came during the running attempt.
    pub(crate) reset: bool,
    /// A reset wants the next attempt to know nothing of heartbeats.
    pub(crate) forgets_heartbeat: bool,
    /// The timer that is set.
    pub(crate) timer: Option<Time>,
}

impl Activity {
    /// What the activity was scheduled with.
    pub(crate) fn attributes(&self) -> &ActivityTaskScheduledEventAttributes {
        match &self.scheduled_event.attributes {
            Some(Attributes::ActivityTaskScheduledEventAttributes(attributes)) => attributes,
            _ => unreachable!("an activity is only made with its scheduled event"),
        }
    }

    /// Whether a worker has to do something about it now.
    pub(crate) fn is_in_flight(&self) -> bool {
        match self.state {
            ActivityState::Scheduled(_) => self.paused.is_none(),
            ActivityState::Backoff(_) => false,
            ActivityState::Started { .. } => true,
        }
    }

    /// What a reset has left to be forgotten before the next attempt.
    pub(crate) fn forget_heartbeat_if_reset(&mut self) {
        if std::mem::take(&mut self.forgets_heartbeat) {
            self.heartbeat_details = None;
            self.last_heartbeat = None;
        }
    }

    pub(crate) fn is_started(&self) -> bool {
        matches!(self.state, ActivityState::Started { .. })
    }

    /// When no attempt may run any more.
    pub(crate) fn expires(&self) -> Option<Time> {
        (!self.schedule_to_close.is_zero())
            .then(|| self.first_scheduled.plus(self.schedule_to_close))
    }
}

/// What a worker gets with an activity task.
#[derive(Debug, Clone)]
pub(crate) struct ActivityTask {
    pub(crate) activity: Activity,
    pub(crate) started: Time,
}

impl Run {
    /// How important the task of an activity is: as it says, or as the workflow says.
    pub(crate) fn activity_level(&self, scheduled_event_id: i64) -> Level {
        let activity = self.activities.get(&scheduled_event_id);
        let own = activity.and_then(|activity| activity.priority.as_ref());
        Level::of([own, self.start.priority.as_ref()])
    }

    /// The command ScheduleActivityTask. Returns the id of its event.
    pub(crate) fn schedule_activity(
        &mut self,
        ctx: &mut Context<'_>,
        command: ScheduleActivityTaskCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<i64, Bad> {
        let attributes = self.activity_attributes(ctx, command, completed_event_id)?;
        if self.activity_ids.get(&attributes.activity_id).is_some() {
            return Err(Bad::command(
                Cause::ScheduleActivityDuplicateId,
                format!(
                    "invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: {}",
                    attributes.activity_id
                ),
            ));
        }
        if self.activities.len() >= ctx.limits.pending_activities {
            return Err(Bad::command(
                Cause::PendingActivitiesLimitExceeded,
                format!(
                    "the number of pending activities, {}, has reached the per-workflow limit of {}",
                    self.activities.len(),
                    ctx.limits.pending_activities
                ),
            ));
        }
        let id = self.write_described(ctx, attributes, described);
        let scheduled_event = self.history.event(id).expect("it was just written").clone();
        let activity = new_activity(ctx.now, scheduled_event, self.next_stamp());
        self.activity_ids.insert(activity.activity_id.clone(), id);
        self.activities.insert(id, activity);
        Ok(id)
    }

    /// Hands a scheduled activity to matching and sets its timer.
    pub(crate) fn dispatch_activity(&mut self, ctx: &mut Context<'_>, id: i64) {
        let Some(activity) = self.activities.get(&id) else {
            return;
        };
        if activity.paused.is_none() {
            ctx.emit(Effect::AddActivityTask {
                queue: activity.task_queue.clone(),
                scheduled_event_id: id,
                stamp: activity.stamp,
            });
        }
        self.arm_activity(ctx, id);
    }

    fn activity_attributes(
        &self,
        ctx: &Context<'_>,
        command: ScheduleActivityTaskCommandAttributes,
        completed_event_id: i64,
    ) -> Result<ActivityTaskScheduledEventAttributes, Bad> {
        let bad = |text: String| Bad::command(Cause::BadScheduleActivityAttributes, text);
        let queue = check_user_task_queue(ctx, command.task_queue.as_ref(), &self.start.task_queue)
            .map_err(bad)?;
        let type_name = command
            .activity_type
            .as_ref()
            .map_or("", |kind| kind.name.as_str());
        let too_long = |what: &str, length: usize| {
            format!(
                "{what} exceeds length limit. Length={length} Limit={}",
                ctx.limits.id_bytes
            )
        };
        if command.activity_id.is_empty() {
            return Err(bad("activityId is not set".into()));
        }
        if type_name.is_empty() {
            return Err(bad("activityType is not set".into()));
        }
        if command.activity_id.len() > ctx.limits.id_bytes {
            return Err(bad(too_long("activityId", command.activity_id.len())));
        }
        if type_name.len() > ctx.limits.id_bytes {
            return Err(bad(too_long("activityType", type_name.len())));
        }
        if let Some(policy) = &command.retry_policy {
            retry_policy::check(policy).map_err(bad)?;
        }
        priority::check(command.priority.as_ref()).map_err(bad)?;
        ctx.check_blob(
            command.input.as_ref(),
            Cause::BadScheduleActivityAttributes,
            || "ScheduleActivityTaskCommandAttributes.Input exceeds size limit.".into(),
        )?;
        let given = Timeouts {
            schedule_to_close: command.schedule_to_close_timeout,
            schedule_to_start: command.schedule_to_start_timeout,
            start_to_close: command.start_to_close_timeout,
            heartbeat: command.heartbeat_timeout,
        };
        let timeouts = filled(
            given,
            self.start.run_timeout,
            &command.activity_id,
            type_name,
        )
        .map_err(bad)?;
        Ok(ActivityTaskScheduledEventAttributes {
            activity_id: command.activity_id,
            activity_type: command.activity_type,
            task_queue: Some(normal(queue)),
            header: command.header,
            input: command.input,
            schedule_to_close_timeout: Some(to_proto(timeouts.schedule_to_close)),
            schedule_to_start_timeout: Some(to_proto(timeouts.schedule_to_start)),
            start_to_close_timeout: Some(to_proto(timeouts.start_to_close)),
            heartbeat_timeout: Some(to_proto(timeouts.heartbeat)),
            workflow_task_completed_event_id: completed_event_id,
            retry_policy: Some(retry_policy::with_defaults(
                command.retry_policy.unwrap_or_default(),
            )),
            priority: command.priority,
            use_workflow_build_id: command.use_workflow_build_id,
        })
    }

    /// A worker takes an activity task. `None` if it is no longer wanted.
    pub(crate) fn start_activity(
        &mut self,
        ctx: &mut Context<'_>,
        id: i64,
        stamp: u64,
        identity: &str,
    ) -> Option<ActivityTask> {
        if !self.is_running() {
            return None;
        }
        let wanted = self.activities.get(&id).is_some_and(|activity| {
            activity.stamp == stamp
                && activity.paused.is_none()
                && matches!(activity.state, ActivityState::Scheduled(_))
        });
        if !wanted {
            return None;
        }
        let request_id = (ctx.fresh_id)();
        let activity = self.activities.get_mut(&id).expect("it was just seen");
        activity.state = ActivityState::Started {
            at: ctx.now,
            request_id,
        };
        activity.identity = identity.into();
        activity.build = None;
        activity.reset = false;
        let task = ActivityTask {
            activity: activity.clone(),
            started: ctx.now,
        };
        self.arm_activity(ctx, id);
        Some(task)
    }

    /// The command RequestCancelActivityTask. Returns whether the activity was cancelled at once.
    pub(crate) fn request_cancel_activity(
        &mut self,
        ctx: &mut Context<'_>,
        id: i64,
        identity: &str,
        completed_event_id: i64,
        described: Described,
    ) -> Result<bool, Bad> {
        const CAUSE: Cause = Cause::BadRequestCancelActivityAttributes;
        if id <= 0 {
            return Err(Bad::command(
                CAUSE,
                "ScheduledEventId is not set on RequestCancelActivityTaskCommand.",
            ));
        }
        let pending = self.activities.get(&id);
        let just_ended = pending.is_none() && self.has_buffered_end_of(id);
        if (pending.is_none() && !just_ended)
            || pending.is_some_and(|activity| activity.cancel_requested.is_some())
        {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "invalid history builder state for action: add-activitytask-cancel-requested-event, ScheduledEventID: {id}"
                ),
            ));
        }
        let attributes = ActivityTaskCancelRequestedEventAttributes {
            scheduled_event_id: id,
            workflow_task_completed_event_id: completed_event_id,
        };
        let event_id = self.write_described(ctx, attributes, described);
        if just_ended {
            return Ok(false);
        }
        let activity = self.activities.get_mut(&id).expect("it was just seen");
        activity.cancel_requested = Some(event_id);
        if activity.is_started() {
            return Ok(false);
        }
        self.remove_activity(ctx, id);
        let canceled = ActivityTaskCanceledEventAttributes {
            details: Some(not_started()),
            latest_cancel_requested_event_id: event_id,
            scheduled_event_id: id,
            identity: identity.into(),
            ..Default::default()
        };
        self.write(ctx, canceled);
        Ok(true)
    }

    fn has_buffered_end_of(&self, id: i64) -> bool {
        self.history
            .buffered()
            .iter()
            .any(|event| match &event.attributes {
                Some(Attributes::ActivityTaskCompletedEventAttributes(a)) => {
                    a.scheduled_event_id == id
                }
                Some(Attributes::ActivityTaskFailedEventAttributes(a)) => {
                    a.scheduled_event_id == id
                }
                Some(Attributes::ActivityTaskTimedOutEventAttributes(a)) => {
                    a.scheduled_event_id == id
                }
                Some(Attributes::ActivityTaskCanceledEventAttributes(a)) => {
                    a.scheduled_event_id == id
                }
                _ => false,
            })
    }

    /// Takes an activity out of the run, with its timer.
    pub(crate) fn remove_activity(&mut self, ctx: &mut Context<'_>, id: i64) -> Option<Activity> {
        let activity = self.activities.remove(&id)?;
        self.activity_ids.remove(&activity.activity_id);
        ctx.emit(Effect::ClearTimer(RunTimer::Activity(id)));
        Some(activity)
    }

    /// Writes the started event that an activity's end needs. Returns its id.
    pub(crate) fn receive_activity_started(&mut self, activity: &Activity) -> i64 {
        let ActivityState::Started { at, request_id } = &activity.state else {
            return 0;
        };
        let started = ActivityTaskStartedEventAttributes {
            scheduled_event_id: activity.scheduled_event_id,
            identity: activity.identity.clone(),
            request_id: request_id.clone(),
            attempt: activity.attempt,
            last_failure: activity.last_failure.clone(),
            worker_version: activity.build.clone(),
            ..Default::default()
        };
        let id = self.receive(super::history::event(*at, started));
        debug_assert!(id == BUFFERED || id > activity.scheduled_event_id);
        id
    }
}

/// An activity as its event says, waiting for its first attempt.
pub(super) fn new_activity(now: Time, scheduled_event: Arc<HistoryEvent>, stamp: u64) -> Activity {
    let Some(Attributes::ActivityTaskScheduledEventAttributes(attributes)) =
        scheduled_event.attributes.clone()
    else {
        unreachable!("the event was made from activity attributes");
    };
    Activity {
        scheduled_event_id: scheduled_event.event_id,
        activity_id: attributes.activity_id,
        stamp,
        attempt: 1,
        state: ActivityState::Scheduled(now),
        first_scheduled: now,
        attempt_scheduled: now,
        task_queue: attributes
            .task_queue
            .map(|queue| queue.name)
            .unwrap_or_default(),
        schedule_to_close: time::checked(attributes.schedule_to_close_timeout.as_ref()),
        schedule_to_start: time::checked(attributes.schedule_to_start_timeout.as_ref()),
        start_to_close: time::checked(attributes.start_to_close_timeout.as_ref()),
        heartbeat: time::checked(attributes.heartbeat_timeout.as_ref()),
        retry_policy: attributes.retry_policy.unwrap_or_default(),
        priority: attributes.priority,
        identity: String::new(),
        build: None,
        last_attempt_complete: None,
        retry_interval: Duration::ZERO,
        last_failure: None,
        heartbeat_details: None,
        last_heartbeat: None,
        cancel_requested: None,
        paused: None,
        reset: false,
        forgets_heartbeat: false,
        timer: None,
        scheduled_event,
    }
}

/// The details of an activity that was cancelled before any worker had it.
fn not_started() -> Payloads {
    json_text("ACTIVITY_ID_NOT_STARTED")
}

/// One text as SDKs encode it. The text must need no escapes.
pub(crate) fn json_text(text: &str) -> Payloads {
    let metadata = [(
        "encoding".to_string(),
        bytes::Bytes::from_static(b"json/plain"),
    )]
    .into();
    Payloads {
        payloads: vec![Payload {
            metadata,
            data: format!("\"{text}\"").into_bytes().into(),
            ..Default::default()
        }],
    }
}
