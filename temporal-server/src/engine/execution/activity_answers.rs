//! What workers and clients say of an activity: heartbeat, completion, failure, cancellation.

use prost::Message as _;
use temporal_protos::common::{Payloads, WorkerVersionStamp};
use temporal_protos::enums::RetryState;
use temporal_protos::failure::Failure;
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::history::*;

use super::Run;
use super::activity::{Activity, ActivityState};
use super::history::event;
use crate::engine::refusal::Refusal;
use crate::engine::time::Time;
use crate::engine::{Context, failure};

const GONE: &str =
    "invalid activityID or activity already timed out or invoking workflow is completed";

/// Which attempt of which activity somebody speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ActivityRef {
    /// A task token names the attempt.
    Task {
        scheduled_event_id: i64,
        attempt: i32,
        started: Time,
    },
    /// A client names the activity: whatever attempt runs.
    Id(String),
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HeartbeatReply {
    pub(crate) cancel_requested: bool,
    pub(crate) paused: bool,
    pub(crate) reset: bool,
}

/// Workers fail activities with failures of applications only.
pub(crate) fn check_failure(why: Option<&Failure>) -> Result<(), Refusal> {
    match why.map(|why| &why.failure_info) {
        None | Some(Some(FailureInfo::ApplicationFailureInfo(_))) => Ok(()),
        Some(_) => Err(Refusal::invalid(
            "Failure must have ApplicationFailureInfo.",
        )),
    }
}

impl Run {
    /// The activity that is meant, if that attempt still runs.
    fn find_activity(&self, activity: &ActivityRef, may_wait: bool) -> Result<i64, Refusal> {
        if !self.is_running() {
            return Err(Refusal::already_completed());
        }
        let found = match activity {
            ActivityRef::Id(name) => {
                let id = self.activity_ids.get(name).ok_or_else(|| {
                    Refusal::not_found(format!(
                        "cannot find pending activity with ActivityID {name}, check workflow execution history for more details"
                    ))
                })?;
                self.activities.get(id)
            }
            ActivityRef::Task { scheduled_event_id, attempt, started } => self
                .activities
                .get(scheduled_event_id)
                .filter(|found| found.attempt == *attempt)
                .filter(|found| matches!(&found.state, ActivityState::Started { at, .. } if at == started)),
        };
        match found {
            Some(found) if found.is_started() || may_wait => Ok(found.scheduled_event_id),
            _ => Err(Refusal::not_found(GONE)),
        }
    }

    /// RecordActivityTaskHeartbeat.
    pub(crate) fn heartbeat_activity(
        &mut self,
        ctx: &mut Context<'_>,
        activity: &ActivityRef,
        details: Option<Payloads>,
    ) -> Result<HeartbeatReply, Refusal> {
        let id = self.find_activity(activity, false)?;
        if too_large(ctx, details.as_ref()) {
            self.end_failed(
                ctx,
                id,
                Some(failure::server_final(
                    "Heartbeat details exceed size limit.",
                )),
                "",
            );
            return Ok(HeartbeatReply {
                cancel_requested: true,
                ..Default::default()
            });
        }
        let found = self.activities.get_mut(&id).expect("it was just found");
        found.last_heartbeat = Some(ctx.now);
        if details.is_some() {
            found.heartbeat_details = details;
        }
        // The timer is left where it is: when it is due, it moves to the deadline that holds then.
        Ok(HeartbeatReply {
            cancel_requested: found.cancel_requested.is_some(),
            paused: found.paused.is_some(),
            reset: found.reset,
        })
    }

    /// The worker that answers says which build of its code does; the started event names it.
    pub(crate) fn name_build(&mut self, activity: &ActivityRef, build: Option<WorkerVersionStamp>) {
        if let Ok(id) = self.find_activity(activity, false)
            && let Some(activity) = self.activities.get_mut(&id)
        {
            activity.build = build;
        }
    }

    /// RespondActivityTaskCompleted. By id, also an activity that no worker has can be completed.
    pub(crate) fn complete_activity(
        &mut self,
        ctx: &mut Context<'_>,
        activity: &ActivityRef,
        result: Option<Payloads>,
        identity: &str,
    ) -> Result<(), Refusal> {
        let by_id = matches!(activity, ActivityRef::Id(_));
        let id = self.find_activity(activity, by_id)?;
        if too_large(ctx, result.as_ref()) {
            self.end_failed(
                ctx,
                id,
                Some(failure::server_final("Complete result exceeds size limit.")),
                "",
            );
            return Ok(());
        }
        let mut found = self.remove_activity(ctx, id).expect("it was just found");
        if !found.is_started() {
            found.state = ActivityState::Started {
                at: ctx.now,
                request_id: String::new(),
            };
            found.identity = identity.into();
        }
        let started_event_id = self.receive_activity_started(&found);
        let end = ActivityTaskCompletedEventAttributes {
            result,
            scheduled_event_id: id,
            started_event_id,
            identity: identity.into(),
            ..Default::default()
        };
        self.receive(event(ctx.now, end));
        self.notify_workflow(ctx);
        Ok(())
    }

    /// RespondActivityTaskFailed. Returns what the service had to say of the failure itself.
    pub(crate) fn fail_activity(
        &mut self,
        ctx: &mut Context<'_>,
        activity: &ActivityRef,
        mut why: Option<Failure>,
        last_heartbeat: Option<Payloads>,
        identity: &str,
    ) -> Result<Vec<Failure>, Refusal> {
        if matches!(activity, ActivityRef::Task { .. }) {
            check_failure(why.as_ref())?;
        }
        let id = self.find_activity(activity, false)?;
        // By id it comes after what is known of the activity, as in the real service.
        check_failure(why.as_ref())?;
        let mut notes = Vec::new();
        let mut who = identity;
        if let Some(large) = why
            .as_ref()
            .filter(|why| why.encoded_len() > ctx.limits.blob_bytes)
        {
            let cut = Failure {
                cause: Some(Box::new(failure::truncated(large))),
                ..failure::server_final("Failure exceeds size limit.")
            };
            notes.push(cut.clone());
            why = Some(cut);
            who = "";
        }
        if last_heartbeat.is_some() {
            if too_large(ctx, last_heartbeat.as_ref()) {
                notes.push(failure::server_final(
                    "Heartbeat details exceed size limit.",
                ));
            } else {
                let found = self.activities.get_mut(&id).expect("it was just found");
                found.heartbeat_details = last_heartbeat;
                found.last_heartbeat = Some(ctx.now);
            }
        }
        self.end_failed(ctx, id, why, who);
        Ok(notes)
    }

    /// RespondActivityTaskCanceled.
    pub(crate) fn cancel_activity(
        &mut self,
        ctx: &mut Context<'_>,
        activity: &ActivityRef,
        details: Option<Payloads>,
        identity: &str,
    ) -> Result<(), Refusal> {
        let id = self.find_activity(activity, false)?;
        if too_large(ctx, details.as_ref()) {
            self.end_failed(
                ctx,
                id,
                Some(failure::server_final("Cancel details exceed size limit.")),
                "",
            );
            return Ok(());
        }
        let asked = self.activities.get(&id).and_then(|found| found.cancel_requested).ok_or_else(|| {
            Refusal::invalid("unable to mark activity as canceled without activity being request canceled first")
        })?;
        let found = self.remove_activity(ctx, id).expect("it was just found");
        let started_event_id = self.receive_activity_started(&found);
        let end = ActivityTaskCanceledEventAttributes {
            details,
            latest_cancel_requested_event_id: asked,
            scheduled_event_id: id,
            started_event_id,
            identity: identity.into(),
            ..Default::default()
        };
        self.receive(event(ctx.now, end));
        self.notify_workflow(ctx);
        Ok(())
    }

    /// An attempt failed: retries it, or ends the activity.
    fn end_failed(&mut self, ctx: &mut Context<'_>, id: i64, why: Option<Failure>, identity: &str) {
        let state = match self.retry_activity(ctx, id, why.as_ref()) {
            Ok(()) => {
                if let Some(activity) = self.activities.get_mut(&id) {
                    activity.last_attempt_complete = Some(ctx.now);
                }
                return;
            }
            Err(state) => state,
        };
        let Some(found) = self.remove_activity(ctx, id) else {
            return;
        };
        self.write_failed(ctx, &found, why, state, identity);
        self.notify_workflow(ctx);
    }

    fn write_failed(
        &mut self,
        ctx: &Context<'_>,
        found: &Activity,
        why: Option<Failure>,
        state: RetryState,
        identity: &str,
    ) {
        let started_event_id = self.receive_activity_started(found);
        let end = ActivityTaskFailedEventAttributes {
            failure: why,
            scheduled_event_id: found.scheduled_event_id,
            started_event_id,
            identity: identity.into(),
            retry_state: state.into(),
            ..Default::default()
        };
        self.receive(event(ctx.now, end));
    }
}

fn too_large(ctx: &Context<'_>, payloads: Option<&Payloads>) -> bool {
    payloads.is_some_and(|payloads| payloads.encoded_len() > ctx.limits.blob_bytes)
}
