//! Whether an activity gets another attempt, and its return to the queue.

use std::time::Duration;

use temporal_protos::enums::RetryState;
use temporal_protos::failure::Failure;

use super::Run;
use super::activity::ActivityState;
use super::retry_policy::{self, Attempt};
use crate::engine::{Context, failure};

impl Run {
    /// Plans another attempt after this failure, or says why there is none.
    pub(crate) fn retry_activity(
        &mut self,
        ctx: &mut Context<'_>,
        id: i64,
        why: Option<&Failure>,
    ) -> Result<(), RetryState> {
        let Some(activity) = self.activities.get(&id) else {
            return Err(RetryState::InternalServerError);
        };
        if activity.cancel_requested.is_some() {
            return Err(RetryState::CancelRequested);
        }
        let nothing = Failure::default();
        let attempt = Attempt {
            policy: &activity.retry_policy,
            number: activity.attempt,
            expires: activity.expires(),
            failure: why.unwrap_or(&nothing),
            delay_is_unbounded: true,
        };
        let delay = retry_policy::next(ctx.now, &attempt)?;
        let stamp = self.next_stamp();
        let activity = self.activities.get_mut(&id).expect("it was just seen");
        activity.attempt += 1;
        activity.reset = false;
        activity.forget_heartbeat_if_reset();
        activity.stamp = stamp;
        activity.last_failure = why.map(failure::kept);
        activity.retry_interval = delay;
        activity.state = ActivityState::Backoff(ctx.now.plus(delay));
        if delay == Duration::ZERO && activity.paused.is_none() {
            self.retry_activity_now(ctx, id);
        } else {
            self.arm_activity(ctx, id);
        }
        Ok(())
    }

    /// The wait before a retry is over.
    pub(crate) fn retry_activity_now(&mut self, ctx: &mut Context<'_>, id: i64) {
        let Some(activity) = self.activities.get_mut(&id) else {
            return;
        };
        activity.state = ActivityState::Scheduled(ctx.now);
        activity.attempt_scheduled = ctx.now;
        activity.timer = None;
        activity.forget_heartbeat_if_reset();
        self.dispatch_activity(ctx, id);
    }
}
