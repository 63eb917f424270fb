//! What operators do to pending activities: pause, unpause, reset. It leaves no events. Other options
//! are in `activity_options.rs`.

use super::Run;
use super::activity::{Activity, ActivityPause, ActivityState};
use crate::engine::Context;
use crate::engine::refusal::Refusal;

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
    pub(super) fn select(&self, which: &Which) -> Result<Vec<i64>, Refusal> {
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

    /// Pauses activities: none is handed out, retried or timed out until the pause ends. A running attempt may finish.
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
        self.note_pauses(ctx);
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
            if how.resets_attempts {
                activity.attempt = 1;
            }
            if activity.is_started() {
                self.arm_activity(ctx, id);
                continue;
            }
            activity.stamp = stamp;
            self.retry_activity_now(ctx, id);
        }
        self.note_pauses(ctx);
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
            // The running attempt may go on to tell how far it is; the next one begins without.
            activity.forgets_heartbeat |= how.resets_heartbeat;
            if !how.keeps_paused {
                activity.paused = None;
            }
            if activity.is_started() {
                if activity.attempt == 1 {
                    activity.reset = true;
                }
                activity.attempt = 1;
                self.arm_activity(ctx, id);
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
        self.note_pauses(ctx);
        Ok(())
    }
}
