//! What operators do to pending activities: pause, unpause, reset, other options. It leaves no events.

use temporal_protos::activity::ActivityOptions;
use temporal_protos::taskqueue::TaskQueue;

use super::Run;
use super::activity::{Activity, ActivityPause, ActivityState, new_activity};
use super::commands::normal;
use super::describe::activity_options;
use super::retry_policy;
use crate::engine::Context;
use crate::engine::refusal::Refusal;
use crate::engine::time;

/// Which activities are meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Which {
    Id(String),
    Type(String),
    All,
}

/// How an activity goes on after a pause or a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GoOn {
    /// It begins with its first attempt again.
    pub(crate) resets_attempts: bool,
    /// It forgets what heartbeats have brought.
    pub(crate) resets_heartbeat: bool,
    /// It stays paused.
    pub(crate) keeps_paused: bool,
    /// It gets the options it was scheduled with.
    pub(crate) restores_options: bool,
}

impl Run {
    /// The pending activities that are meant; none is an error.
    fn select(&self, which: &Which) -> Result<Vec<i64>, Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        let is_meant = |activity: &Activity| match which {
            Which::Id(id) => activity.activity_id == *id,
            Which::Type(name) => activity
                .attributes()
                .activity_type
                .as_ref()
                .is_some_and(|kind| kind.name == *name),
            Which::All => true,
        };
        let found: Vec<i64> = self
            .activities
            .values()
            .filter(|activity| is_meant(activity))
            .map(|activity| activity.scheduled_event_id)
            .collect();
        if found.is_empty() {
            return Err(Refusal::not_found(
                "Can't find pending activity with such ID. Invalid activityID or activity already completed",
            ));
        }
        Ok(found)
    }

    /// Pauses activities: none is handed out or retried until the pause ends. A running attempt may finish.
    pub(crate) fn pause_activities(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
        pause: &ActivityPause,
    ) -> Result<(), Refusal> {
        let found = self.select(which)?;
        let is_paused_otherwise = |id: &i64| {
            self.activities
                .get(id)
                .and_then(|activity| activity.paused.as_ref())
                .is_some_and(|paused| {
                    pause.request_id.is_empty() || paused.request_id != pause.request_id
                })
        };
        if found.iter().any(is_paused_otherwise) {
            return Err(Refusal::precondition("activity is already paused"));
        }
        for id in found {
            if let Some(activity) = self.activities.get_mut(&id)
                && activity.paused.is_none()
            {
                activity.paused = Some(pause.clone());
            }
            self.arm_activity(ctx, id);
        }
        Ok(())
    }

    /// Ends the pause of activities; what is not paused is left alone.
    pub(crate) fn unpause_activities(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
        how: GoOn,
    ) -> Result<(), Refusal> {
        for id in self.select(which)? {
            let stamp = self.next_stamp();
            let Some(activity) = self.activities.get_mut(&id) else {
                continue;
            };
            if activity.paused.take().is_none() {
                continue;
            }
            if how.resets_heartbeat {
                activity.heartbeat_details = None;
                activity.last_heartbeat = None;
            }
            if activity.is_started() {
                self.arm_activity(ctx, id);
                continue;
            }
            if how.resets_attempts {
                activity.attempt = 1;
            }
            activity.stamp = stamp;
            self.retry_activity_now(ctx, id);
        }
        Ok(())
    }

    /// Lets activities begin anew. The first attempt, if it runs, hears of it by its heartbeats; a later one is cut off.
    pub(crate) fn reset_activities(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
        how: GoOn,
    ) -> Result<(), Refusal> {
        for id in self.select(which)? {
            if how.restores_options {
                self.restore_activity_options(ctx, id);
            }
            let stamp = self.next_stamp();
            let Some(activity) = self.activities.get_mut(&id) else {
                continue;
            };
            if how.resets_heartbeat {
                activity.heartbeat_details = None;
                activity.last_heartbeat = None;
            }
            if !how.keeps_paused {
                activity.paused = None;
            }
            if activity.is_started() {
                if activity.attempt == 1 {
                    activity.reset = true;
                }
                activity.attempt = 1;
                continue;
            }
            activity.attempt = 1;
            activity.stamp = stamp;
            if activity.paused.is_some() {
                activity.state = ActivityState::Scheduled(ctx.now);
                self.arm_activity(ctx, id);
            } else {
                self.retry_activity_now(ctx, id);
            }
        }
        Ok(())
    }

    /// Changes options of activities. Returns those of the first.
    pub(crate) fn update_activity_options(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
        paths: &[String],
        options: &ActivityOptions,
    ) -> Result<ActivityOptions, Refusal> {
        let found = self.select(which)?;
        let mut first = None;
        for id in found {
            let Some(activity) = self.activities.get_mut(&id) else {
                continue;
            };
            let changed = changed(activity, paths, options)?;
            *activity = changed;
            first.get_or_insert_with(|| ActivityOptions {
                task_queue: Some(normal(activity.task_queue.clone())),
                ..activity_options(activity)
            });
            self.redispatch(ctx, id);
        }
        Ok(first.unwrap_or_default())
    }

    /// Gives activities the options back that they were scheduled with. Returns those of the first.
    pub(crate) fn restore_activities_options(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
    ) -> Result<ActivityOptions, Refusal> {
        let found = self.select(which)?;
        for id in &found {
            self.restore_activity_options(ctx, *id);
            self.redispatch(ctx, *id);
        }
        let first = found.first().and_then(|id| self.activities.get(id));
        Ok(first
            .map(|activity| ActivityOptions {
                task_queue: Some(TaskQueue {
                    name: activity.task_queue.clone(),
                    ..Default::default()
                }),
                ..activity_options(activity)
            })
            .unwrap_or_default())
    }

    fn restore_activity_options(&mut self, ctx: &Context<'_>, id: i64) {
        if let Some(activity) = self.activities.get_mut(&id) {
            let original = new_activity(ctx.now, activity.scheduled_event.clone(), 0);
            activity.task_queue = original.task_queue;
            activity.schedule_to_close = original.schedule_to_close;
            activity.schedule_to_start = original.schedule_to_start;
            activity.start_to_close = original.start_to_close;
            activity.heartbeat = original.heartbeat;
            activity.retry_policy = original.retry_policy;
        }
    }

    /// An activity that waits for a worker waits by its new options.
    fn redispatch(&mut self, ctx: &mut Context<'_>, id: i64) {
        let stamp = self.next_stamp();
        match self.activities.get_mut(&id) {
            Some(activity) if matches!(activity.state, ActivityState::Scheduled(_)) => {
                activity.stamp = stamp;
                self.dispatch_activity(ctx, id);
            }
            _ => self.arm_activity(ctx, id),
        }
    }
}

/// The activity with other options; unknown paths change nothing.
fn changed(
    activity: &Activity,
    paths: &[String],
    options: &ActivityOptions,
) -> Result<Activity, Refusal> {
    let mut activity = activity.clone();
    let read = |name: &str, value: &Option<prost_types::Duration>| {
        time::duration(value.as_ref())
            .map_err(|_| Refusal::invalid(format!("invalid {name}: negative duration")))
    };
    let given = options.retry_policy.clone().unwrap_or_default();
    let policy = &mut activity.retry_policy;
    for path in paths {
        match path.as_str() {
            "task_queue" | "task_queue.name" => {
                let name = options.task_queue.as_ref().map(|queue| queue.name.clone());
                activity.task_queue = name
                    .filter(|name| !name.is_empty())
                    .ok_or_else(|| Refusal::invalid("missing task queue name"))?;
            }
            "schedule_to_close_timeout" => {
                activity.schedule_to_close =
                    read("ScheduleToCloseTimeout", &options.schedule_to_close_timeout)?;
            }
            "schedule_to_start_timeout" => {
                activity.schedule_to_start =
                    read("ScheduleToStartTimeout", &options.schedule_to_start_timeout)?;
            }
            "start_to_close_timeout" => {
                activity.start_to_close =
                    read("StartToCloseTimeout", &options.start_to_close_timeout)?;
            }
            "heartbeat_timeout" => {
                activity.heartbeat = read("HeartbeatTimeout", &options.heartbeat_timeout)?;
            }
            "retry_policy" => *policy = given.clone(),
            "retry_policy.initial_interval" => policy.initial_interval = given.initial_interval,
            "retry_policy.backoff_coefficient" => {
                policy.backoff_coefficient = given.backoff_coefficient;
            }
            "retry_policy.maximum_interval" => policy.maximum_interval = given.maximum_interval,
            "retry_policy.maximum_attempts" => policy.maximum_attempts = given.maximum_attempts,
            "retry_policy.non_retryable_error_types" => {
                policy
                    .non_retryable_error_types
                    .clone_from(&given.non_retryable_error_types);
            }
            _ => {}
        }
    }
    retry_policy::check(policy).map_err(Refusal::InvalidArgument)?;
    *policy = retry_policy::with_defaults(std::mem::take(policy));
    Ok(activity)
}
