//! A pending activity: most of what is known of its attempts stands in no event.

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::{Payloads, Priority, RetryPolicy, WorkerVersionStamp};
use temporal_protos::failure::Failure;
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes;

use super::{Damaged, nanos};
use crate::engine::execution::activity::{Activity, ActivityPause, ActivityState};
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedActivity {
    #[prost(string, tag = "1")]
    activity_id: String,
    #[prost(uint64, tag = "2")]
    stamp: u64,
    #[prost(int32, tag = "3")]
    attempt: i32,
    /// Exactly one of these three is set.
    #[prost(int64, optional, tag = "4")]
    scheduled: Option<i64>,
    #[prost(int64, optional, tag = "5")]
    backoff: Option<i64>,
    #[prost(int64, optional, tag = "6")]
    started: Option<i64>,
    #[prost(string, tag = "7")]
    started_request_id: String,
    #[prost(int64, tag = "8")]
    first_scheduled: i64,
    #[prost(int64, tag = "9")]
    attempt_scheduled: i64,
    #[prost(string, tag = "10")]
    task_queue: String,
    #[prost(uint64, tag = "11")]
    schedule_to_close: u64,
    #[prost(uint64, tag = "12")]
    schedule_to_start: u64,
    #[prost(uint64, tag = "13")]
    start_to_close: u64,
    #[prost(uint64, tag = "14")]
    heartbeat: u64,
    #[prost(message, optional, tag = "15")]
    retry_policy: Option<RetryPolicy>,
    #[prost(string, tag = "16")]
    identity: String,
    #[prost(int64, optional, tag = "17")]
    last_attempt_complete: Option<i64>,
    #[prost(uint64, tag = "18")]
    retry_interval: u64,
    #[prost(message, optional, tag = "19")]
    last_failure: Option<Failure>,
    #[prost(message, optional, tag = "20")]
    heartbeat_details: Option<Payloads>,
    #[prost(int64, optional, tag = "21")]
    last_heartbeat: Option<i64>,
    #[prost(int64, optional, tag = "22")]
    cancel_requested: Option<i64>,
    #[prost(message, optional, tag = "23")]
    paused: Option<SavedPause>,
    #[prost(bool, tag = "24")]
    reset: bool,
    #[prost(int64, optional, tag = "25")]
    timer: Option<i64>,
    #[prost(message, optional, tag = "26")]
    build: Option<WorkerVersionStamp>,
    /// Set if it is not the priority that the activity was scheduled with.
    #[prost(message, optional, tag = "27")]
    other_priority: Option<SavedPriority>,
    #[prost(bool, tag = "28")]
    forgets_heartbeat: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedPriority {
    #[prost(message, optional, tag = "1")]
    priority: Option<Priority>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedPause {
    #[prost(int64, tag = "1")]
    at: i64,
    #[prost(string, tag = "2")]
    identity: String,
    #[prost(string, tag = "3")]
    reason: String,
    #[prost(string, tag = "4")]
    request_id: String,
}

impl SavedActivity {
    pub(super) fn of(activity: &Activity) -> Self {
        let Activity {
            // both follow from the key
            scheduled_event: _,
            scheduled_event_id: _,
            activity_id,
            stamp,
            attempt,
            state,
            first_scheduled,
            attempt_scheduled,
            task_queue,
            schedule_to_close,
            schedule_to_start,
            start_to_close,
            heartbeat,
            retry_policy,
            priority,
            identity,
            last_attempt_complete,
            retry_interval,
            last_failure,
            heartbeat_details,
            last_heartbeat,
            cancel_requested,
            paused,
            reset,
            forgets_heartbeat,
            timer,
            build,
        } = activity;
        let other_priority = (*priority != activity.attributes().priority).then(|| SavedPriority {
            priority: priority.clone(),
        });
        let (scheduled, backoff, started, request_id) = match state {
            ActivityState::Scheduled(at) => (Some(at), None, None, ""),
            ActivityState::Backoff(at) => (None, Some(at), None, ""),
            ActivityState::Started { at, request_id } => (None, None, Some(at), &**request_id),
        };
        Self {
            activity_id: activity_id.clone(),
            stamp: *stamp,
            attempt: *attempt,
            scheduled: scheduled.map(|at| at.as_nanos()),
            backoff: backoff.map(|at| at.as_nanos()),
            started: started.map(|at| at.as_nanos()),
            started_request_id: request_id.into(),
            first_scheduled: first_scheduled.as_nanos(),
            attempt_scheduled: attempt_scheduled.as_nanos(),
            task_queue: task_queue.clone(),
            schedule_to_close: nanos(*schedule_to_close),
            schedule_to_start: nanos(*schedule_to_start),
            start_to_close: nanos(*start_to_close),
            heartbeat: nanos(*heartbeat),
            retry_policy: Some(retry_policy.clone()),
            identity: identity.clone(),
            last_attempt_complete: last_attempt_complete.map(Time::as_nanos),
            retry_interval: nanos(*retry_interval),
            last_failure: last_failure.clone(),
            heartbeat_details: heartbeat_details.clone(),
            last_heartbeat: last_heartbeat.map(Time::as_nanos),
            cancel_requested: *cancel_requested,
            paused: paused.as_ref().map(save_pause),
            reset: *reset,
            timer: timer.map(Time::as_nanos),
            build: build.clone(),
            other_priority,
            forgets_heartbeat: *forgets_heartbeat,
        }
    }

    pub(super) fn restore(self, scheduled_event: Arc<HistoryEvent>) -> Result<Activity, Damaged> {
        let Some(Attributes::ActivityTaskScheduledEventAttributes(attributes)) =
            &scheduled_event.attributes
        else {
            return Err(Damaged(format!(
                "event {} schedules no activity",
                scheduled_event.event_id
            )));
        };
        let priority = match self.other_priority {
            Some(other) => other.priority,
            None => attributes.priority.clone(),
        };
        let at = Time::from_nanos;
        let state = match (self.scheduled, self.backoff, self.started) {
            (Some(since), None, None) => ActivityState::Scheduled(at(since)),
            (None, Some(until), None) => ActivityState::Backoff(at(until)),
            (None, None, Some(since)) => ActivityState::Started {
                at: at(since),
                request_id: self.started_request_id,
            },
            _ => return Err(Damaged("an activity without a state".into())),
        };
        Ok(Activity {
            scheduled_event_id: scheduled_event.event_id,
            scheduled_event,
            activity_id: self.activity_id,
            stamp: self.stamp,
            attempt: self.attempt,
            state,
            first_scheduled: at(self.first_scheduled),
            attempt_scheduled: at(self.attempt_scheduled),
            task_queue: self.task_queue,
            schedule_to_close: Duration::from_nanos(self.schedule_to_close),
            schedule_to_start: Duration::from_nanos(self.schedule_to_start),
            start_to_close: Duration::from_nanos(self.start_to_close),
            heartbeat: Duration::from_nanos(self.heartbeat),
            retry_policy: self.retry_policy.unwrap_or_default(),
            priority,
            identity: self.identity,
            last_attempt_complete: self.last_attempt_complete.map(at),
            retry_interval: Duration::from_nanos(self.retry_interval),
            last_failure: self.last_failure,
            heartbeat_details: self.heartbeat_details,
            last_heartbeat: self.last_heartbeat.map(at),
            cancel_requested: self.cancel_requested,
            paused: self.paused.map(SavedPause::restore),
            reset: self.reset,
            forgets_heartbeat: self.forgets_heartbeat,
            timer: self.timer.map(at),
            build: self.build,
        })
    }
}

fn save_pause(pause: &ActivityPause) -> SavedPause {
    let ActivityPause {
        at,
        identity,
        reason,
        request_id,
    } = pause;
    SavedPause {
        at: at.as_nanos(),
        identity: identity.clone(),
        reason: reason.clone(),
        request_id: request_id.clone(),
    }
}

impl SavedPause {
    fn restore(self) -> ActivityPause {
        ActivityPause {
            at: Time::from_nanos(self.at),
            identity: self.identity,
            reason: self.reason,
            request_id: self.request_id,
        }
    }
}
