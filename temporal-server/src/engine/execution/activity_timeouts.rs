//! The timer of an activity: its earliest deadline, or its retry. Never decides whether there is another attempt.

use temporal_protos::enums::{RetryState, TimeoutType};
use temporal_protos::failure::Failure;
use temporal_protos::history::ActivityTaskTimedOutEventAttributes;

use super::Run;
use super::activity::{Activity, ActivityState};
use super::history::event;
use crate::engine::effect::{Effect, RunTimer};
use crate::engine::time::Time;
use crate::engine::{Context, failure};

const NO_TIME_LEFT: &str = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";

/// What an activity's next timer is for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Due {
    Retry,
    Timeout(TimeoutType),
}

impl Activity {
    /// Nothing is due while the activity is paused, not even the timeouts of an attempt that runs.
    fn next_due(&self) -> Option<(Time, Due)> {
        if self.paused.is_some() {
            return None;
        }
        let mut due = Vec::with_capacity(3);
        if let Some(expires) = self.expires() {
            due.push((expires, Due::Timeout(TimeoutType::ScheduleToClose)));
        }
        match &self.state {
            ActivityState::Scheduled(since) if !self.schedule_to_start.is_zero() => {
                due.push((
                    since.plus(self.schedule_to_start),
                    Due::Timeout(TimeoutType::ScheduleToStart),
                ));
            }
            ActivityState::Scheduled(_) => {}
            ActivityState::Backoff(until) => due.push((*until, Due::Retry)),
            ActivityState::Started { at, .. } => {
                if !self.start_to_close.is_zero() {
                    due.push((
                        at.plus(self.start_to_close),
                        Due::Timeout(TimeoutType::StartToClose),
                    ));
                }
                if !self.heartbeat.is_zero() {
                    let alive = self.last_heartbeat.map_or(*at, |beat| beat.max(*at));
                    due.push((
                        alive.plus(self.heartbeat),
                        Due::Timeout(TimeoutType::Heartbeat),
                    ));
                }
            }
        }
        // Among equals the wait for a worker comes first, as it says most about the cause, and then the end of the activity:
        // an eager attempt starts at the moment when it is scheduled, another one later.
        let rank = |due: &Due| match due {
            Due::Timeout(TimeoutType::ScheduleToStart) => 0,
            Due::Timeout(TimeoutType::ScheduleToClose) => 1,
            Due::Timeout(_) | Due::Retry => 2,
        };
        due.into_iter().min_by_key(|(at, due)| (*at, rank(due)))
    }
}

impl Run {
    /// Sets the timer of an activity, or clears it if nothing is due.
    pub(crate) fn arm_activity(&mut self, ctx: &mut Context<'_>, id: i64) {
        let Some(activity) = self.activities.get_mut(&id) else {
            return;
        };
        let next = activity.next_due().map(|(at, _)| at);
        if next == activity.timer {
            return;
        }
        activity.timer = next;
        ctx.emit(match next {
            Some(at) => Effect::SetTimer(RunTimer::Activity(id), at),
            None => Effect::ClearTimer(RunTimer::Activity(id)),
        });
    }

    /// The timer of an activity is due.
    pub(crate) fn activity_timer_fired(&mut self, ctx: &mut Context<'_>, id: i64) {
        let Some(activity) = self.activities.get_mut(&id) else {
            return;
        };
        activity.timer = None;
        match activity.next_due() {
            Some((at, Due::Retry)) if at <= ctx.now => self.retry_activity_now(ctx, id),
            Some((at, Due::Timeout(kind))) if at <= ctx.now => {
                self.activity_timed_out(ctx, id, kind)
            }
            _ => self.arm_activity(ctx, id),
        }
    }

    fn activity_timed_out(&mut self, ctx: &mut Context<'_>, id: i64, kind: TimeoutType) {
        let Some(activity) = self.activities.get(&id) else {
            return;
        };
        let beat = activity.heartbeat_details.clone();
        let text = |kind: TimeoutType| match kind {
            TimeoutType::StartToClose => "activity StartToClose timeout",
            TimeoutType::ScheduleToStart => "activity ScheduleToStart timeout",
            TimeoutType::Heartbeat => "activity Heartbeat timeout",
            TimeoutType::ScheduleToClose | TimeoutType::Unspecified => NO_TIME_LEFT,
        };
        let by_service = |text: &str, kind, beat| Failure {
            source: "Server".into(),
            ..failure::timeout(text, kind, beat)
        };
        // Between attempts the details are kept with the activity, not with the failure.
        let between = by_service(text(kind), kind, None);
        let mut timed_out = by_service(text(kind), kind, beat.clone());
        let state = match kind {
            TimeoutType::StartToClose | TimeoutType::Heartbeat => {
                match self.retry_activity(ctx, id, Some(&between)) {
                    Ok(()) => return,
                    Err(state) => state,
                }
            }
            _ => RetryState::Timeout,
        };
        if state == RetryState::Timeout && kind != TimeoutType::ScheduleToStart {
            timed_out = by_service(NO_TIME_LEFT, TimeoutType::ScheduleToClose, beat);
        }
        let Some(activity) = self.remove_activity(ctx, id) else {
            return;
        };
        timed_out.cause = activity.last_failure.clone().map(Box::new);
        let started_event_id = self.receive_activity_started(&activity);
        let end = ActivityTaskTimedOutEventAttributes {
            failure: Some(timed_out),
            scheduled_event_id: id,
            started_event_id,
            retry_state: state.into(),
        };
        self.receive(event(ctx.now, end));
        self.notify_workflow(ctx);
    }
}
