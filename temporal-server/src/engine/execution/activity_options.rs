//! Options of activities: how timeouts fill each other, and what operators change or give back while an activity is
//! pending. Leaves no events.

use std::time::Duration;

use temporal_protos::activity::ActivityOptions;
use temporal_protos::common::Priority;
use temporal_protos::taskqueue::TaskQueue;

use super::activity::{Activity, ActivityState, new_activity};
use super::activity_control::Which;
use super::commands::{check_task_queue, normal};
use super::describe::activity_options;
use super::field_mask::camel;
use super::{Run, priority, retry_policy};
use crate::engine::Context;
use crate::engine::refusal::Refusal;
use crate::engine::time::{self, to_proto};

/// A change of options as it was asked for.
#[derive(Debug, Default)]
pub(crate) struct OptionsUpdate {
    pub(crate) options: Option<ActivityOptions>,
    /// The paths of the mask, if there was one.
    pub(crate) paths: Option<Vec<String>>,
    /// The options that the activity was scheduled with come back instead.
    pub(crate) restores: bool,
}

impl OptionsUpdate {
    /// Refuses what makes no sense for any activity.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let given = self.options.as_ref();
        priority::check(given.and_then(|options| options.priority.as_ref()))
            .map_err(Refusal::InvalidArgument)?;
        if self.restores && self.paths.as_ref().is_some_and(|paths| !paths.is_empty()) {
            return Err(Refusal::invalid(
                "Both UpdateMask and RestoreOriginal are provided",
            ));
        }
        Ok(())
    }
}

/// The timeouts of an activity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts<T> {
    pub(super) schedule_to_close: T,
    pub(super) schedule_to_start: T,
    pub(super) start_to_close: T,
    pub(super) heartbeat: T,
}

/// Timeouts as a message has them, filled from each other and capped by the timeout of the run, if that is not zero.
pub(super) fn filled(
    given: Timeouts<Option<prost_types::Duration>>,
    run: Duration,
    activity_id: &str,
    activity_type: &str,
) -> Result<Timeouts<Duration>, String> {
    let read = |name: &str, value: Option<prost_types::Duration>| {
        time::duration(value.as_ref()).map_err(|_| format!("invalid {name}: negative duration"))
    };
    let mut to_close = read("ScheduleToCloseTimeout", given.schedule_to_close)?;
    let mut to_start = read("ScheduleToStartTimeout", given.schedule_to_start)?;
    let mut start_to_close = read("StartToCloseTimeout", given.start_to_close)?;
    let mut heartbeat = read("HeartbeatTimeout", given.heartbeat)?;
    if !to_close.is_zero() {
        to_start = capped(to_start, to_close);
        start_to_close = capped(start_to_close, to_close);
    } else if !start_to_close.is_zero() {
        to_close = run;
        to_start = if to_start.is_zero() { run } else { to_start };
    } else {
        return Err(format!(
            "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. ActivityId={activity_id} ActivityType={activity_type}"
        ));
    }
    if !run.is_zero() {
        to_close = to_close.min(run);
        to_start = to_start.min(run);
        start_to_close = start_to_close.min(run);
    }
    heartbeat = heartbeat.min(start_to_close);
    Ok(Timeouts {
        schedule_to_close: to_close,
        schedule_to_start: to_start,
        start_to_close,
        heartbeat,
    })
}

/// A given timeout within another; absent means all of it.
fn capped(given: Duration, limit: Duration) -> Duration {
    if given.is_zero() {
        limit
    } else {
        given.min(limit)
    }
}

impl Run {
    /// Changes options of activities, or gives them those back that they were scheduled with. Returns those of the last.
    pub(crate) fn update_activity_options(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
        update: OptionsUpdate,
    ) -> Result<ActivityOptions, Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        if update.restores {
            return self.restore_activities_options(ctx, which);
        }
        let options = update
            .options
            .ok_or_else(|| Refusal::invalid("ActivityOptions are not provided"))?;
        let found = self.select(which)?;
        let paths: Vec<String> = update
            .paths
            .ok_or_else(|| Refusal::invalid("UpdateMask is not provided"))?
            .iter()
            .map(|path| camel(path))
            .collect();
        let mut shown = ActivityOptions::default();
        for id in found {
            let Some(activity) = self.activities.get_mut(&id) else {
                continue;
            };
            *activity = changed(ctx, activity, &paths, &options)?;
            shown = ActivityOptions {
                task_queue: Some(normal(activity.task_queue.clone())),
                ..activity_options(activity)
            };
            self.redispatch(ctx, id);
        }
        Ok(shown)
    }

    fn restore_activities_options(
        &mut self,
        ctx: &mut Context<'_>,
        which: &Which,
    ) -> Result<ActivityOptions, Refusal> {
        let mut shown = ActivityOptions::default();
        for id in self.select(which)? {
            self.restore_activity_options(ctx, id);
            let Some(activity) = self.activities.get_mut(&id) else {
                continue;
            };
            let original = activity.attributes().priority.clone();
            activity.priority = original;
            shown = ActivityOptions {
                task_queue: Some(TaskQueue {
                    name: activity.task_queue.clone(),
                    ..Default::default()
                }),
                retry_policy: Some(activity.retry_policy.clone()),
                ..activity_options(activity)
            };
            self.redispatch(ctx, id);
        }
        Ok(shown)
    }

    /// All but the priority is again as the activity was scheduled.
    pub(super) fn restore_activity_options(&mut self, ctx: &Context<'_>, id: i64) {
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

    /// An activity that no worker has waits by its new options: a later attempt for its interval, though that has
    /// begun long ago, or was over. As in the real service the interval is counted by the attempt to come.
    fn redispatch(&mut self, ctx: &mut Context<'_>, id: i64) {
        let stamp = self.next_stamp();
        let Some(activity) = self.activities.get_mut(&id) else {
            return;
        };
        if activity.is_started() {
            self.arm_activity(ctx, id);
            return;
        }
        activity.stamp = stamp;
        let failed = activity.last_attempt_complete;
        let again = failed.filter(|_| activity.attempt > 1).map(|failed| {
            let interval = retry_policy::interval(&activity.retry_policy, activity.attempt);
            (failed.plus(interval), interval)
        });
        match again {
            Some((at, interval)) if at > ctx.now => {
                activity.state = ActivityState::Backoff(at);
                activity.retry_interval = interval;
                self.arm_activity(ctx, id);
            }
            Some(_) => self.retry_activity_now(ctx, id),
            None => self.dispatch_activity(ctx, id),
        }
    }
}

/// The activity with other options; unknown paths change nothing. Paths are in camel case.
fn changed(
    ctx: &Context<'_>,
    activity: &Activity,
    paths: &[String],
    given: &ActivityOptions,
) -> Result<Activity, Refusal> {
    let mut activity = activity.clone();
    let mut queue = normal(activity.task_queue.clone());
    let mut timeouts = Timeouts {
        schedule_to_close: Some(to_proto(activity.schedule_to_close)),
        schedule_to_start: Some(to_proto(activity.schedule_to_start)),
        start_to_close: Some(to_proto(activity.start_to_close)),
        heartbeat: Some(to_proto(activity.heartbeat)),
    };
    let absent = |what: &str| Refusal::invalid(format!("{what} is not provided"));
    let policy = || {
        let policy = given.retry_policy.as_ref();
        policy.ok_or_else(|| absent("RetryPolicy"))
    };
    for path in in_order(paths) {
        match path {
            "taskQueue.name" => {
                let other = given.task_queue.as_ref();
                queue.name = other.ok_or_else(|| absent("TaskQueue"))?.name.clone();
            }
            "scheduleToCloseTimeout" => {
                timeouts.schedule_to_close = given.schedule_to_close_timeout;
            }
            "scheduleToStartTimeout" => {
                timeouts.schedule_to_start = given.schedule_to_start_timeout;
            }
            "startToCloseTimeout" => timeouts.start_to_close = given.start_to_close_timeout,
            "heartbeatTimeout" => timeouts.heartbeat = given.heartbeat_timeout,
            "priority" => activity.priority.clone_from(&given.priority),
            "retryPolicy" => activity.retry_policy = policy()?.clone(),
            "retryPolicy.initialInterval" => {
                activity.retry_policy.initial_interval = policy()?.initial_interval;
            }
            "retryPolicy.backoffCoefficient" => {
                activity.retry_policy.backoff_coefficient = policy()?.backoff_coefficient;
            }
            "retryPolicy.maximumInterval" => {
                activity.retry_policy.maximum_interval = policy()?.maximum_interval;
            }
            "retryPolicy.maximumAttempts" => {
                activity.retry_policy.maximum_attempts = policy()?.maximum_attempts;
            }
            part => {
                let other = given.priority.as_ref();
                let other = other.ok_or_else(|| absent("Priority"))?;
                set_part(activity.priority.get_or_insert_default(), part, other);
            }
        }
    }
    if paths.iter().any(|path| path.starts_with("retryPolicy.")) {
        retry_policy::check(&activity.retry_policy).map_err(Refusal::InvalidArgument)?;
    }
    activity.task_queue = check_task_queue(ctx, Some(&queue)).map_err(Refusal::InvalidArgument)?;
    let kind = activity.attributes().activity_type.clone();
    let kind = kind.unwrap_or_default().name;
    let filled = filled(timeouts, Duration::ZERO, &activity.activity_id, &kind)
        .map_err(Refusal::InvalidArgument)?;
    activity.schedule_to_close = filled.schedule_to_close;
    activity.schedule_to_start = filled.schedule_to_start;
    activity.start_to_close = filled.start_to_close;
    activity.heartbeat = filled.heartbeat;
    Ok(activity)
}

/// One field of a priority.
fn set_part(priority: &mut Priority, path: &str, from: &Priority) {
    match path {
        "priority.priorityKey" => priority.priority_key = from.priority_key,
        "priority.fairnessKey" => priority.fairness_key.clone_from(&from.fairness_key),
        _ => priority.fairness_weight = from.fairness_weight,
    }
}

/// Those of the paths that say something, the whole before its parts.
fn in_order(paths: &[String]) -> impl Iterator<Item = &'static str> {
    const PATHS: [&str; 14] = [
        "taskQueue.name",
        "scheduleToCloseTimeout",
        "scheduleToStartTimeout",
        "startToCloseTimeout",
        "heartbeatTimeout",
        "priority",
        "priority.priorityKey",
        "priority.fairnessKey",
        "priority.fairnessWeight",
        "retryPolicy",
        "retryPolicy.initialInterval",
        "retryPolicy.backoffCoefficient",
        "retryPolicy.maximumInterval",
        "retryPolicy.maximumAttempts",
    ];
    PATHS
        .into_iter()
        .filter(|path| paths.iter().any(|given| given == path))
}
