//! Activities of one run. Never retries and never looks at a clock: the service does both, and tells by events.

use temporal_protos::{
    common::{ActivityType, Payload, Payloads, Priority, RetryPolicy},
    enums::RetryState,
    failure::{ActivityFailureInfo, CanceledFailureInfo, Failure, failure::FailureInfo},
};

use super::{
    Machine, Mismatch, OpId, Outcome,
    command::{Command, Issued},
    first,
};
use crate::options::CancellationType;

/// What workflow code asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ActivityCommand {
    /// `None`: numbered by the machine.
    pub(crate) activity_id: Option<String>,
    pub(crate) activity_type: String,
    /// `None`: the workflow's.
    pub(crate) task_queue: Option<String>,
    pub(crate) input: Vec<Payload>,
    pub(crate) schedule_to_close: Option<std::time::Duration>,
    pub(crate) schedule_to_start: Option<std::time::Duration>,
    pub(crate) start_to_close: Option<std::time::Duration>,
    pub(crate) heartbeat: Option<std::time::Duration>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) summary: Option<String>,
    pub(crate) priority: Option<Priority>,
    /// Not to be handed to this worker with the answer.
    pub(crate) disable_eager: bool,
}

/// What history says of an activity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ActivityEvent {
    Scheduled {
        activity_id: String,
        activity_type: String,
    },
    Started {
        scheduled: i64,
    },
    Completed {
        scheduled: i64,
        result: Option<Payloads>,
    },
    Failed {
        scheduled: i64,
        started: i64,
        identity: String,
        retry_state: RetryState,
        failure: Option<Box<Failure>>,
    },
    TimedOut {
        scheduled: i64,
        started: i64,
        retry_state: RetryState,
        failure: Option<Box<Failure>>,
    },
    CancelRequested {
        scheduled: i64,
    },
    Canceled {
        scheduled: i64,
        started: i64,
        identity: String,
        details: Option<Payloads>,
    },
}

#[derive(Debug)]
pub(super) struct Activity {
    id: String,
    activity_type: String,
    cancellation: CancellationType,
    scheduled: Option<i64>,
    cancel_requested: bool,
    /// Workflow code has its answer already; what comes later is only history.
    answered: bool,
}

impl Machine {
    /// Schedules an activity; without an id of its own it gets the next number.
    pub(crate) fn schedule_activity(
        &mut self,
        op: OpId,
        mut activity: ActivityCommand,
        cancellation: CancellationType,
    ) {
        self.next_activity += 1;
        let id = activity
            .activity_id
            .get_or_insert_with(|| self.next_activity.to_string())
            .clone();
        self.activities.insert(
            op,
            Activity {
                id,
                activity_type: activity.activity_type.clone(),
                cancellation,
                scheduled: None,
                cancel_requested: false,
                answered: false,
            },
        );
        self.issue(
            Command::ScheduleActivity(Box::new(activity)),
            Issued::Begin(op),
        );
    }

    /// Asks for the cancellation of an activity, by its [`CancellationType`]: what comes back is the answer that
    /// workflow code gets at once, if it gets one.
    pub(crate) fn cancel_activity(&mut self, op: OpId) -> Option<Outcome> {
        let taken_back = self.take_back(op);
        let activity = self.activities.get_mut(&op)?;
        if activity.answered || activity.cancel_requested {
            return None;
        }
        let over = Outcome::Failed(Box::new(activity.failure(
            "Activity cancelled",
            0,
            "",
            RetryState::Unspecified,
            Some(Box::new(canceled("Activity cancelled", None))),
        )));
        if taken_back {
            self.activities.remove(&op);
            return Some(over);
        }
        if activity.cancellation == CancellationType::Abandon {
            activity.answered = true;
            return Some(over);
        }
        activity.cancel_requested = true;
        let waits = activity.cancellation != CancellationType::TryCancel;
        activity.answered = !waits;
        self.issue(Command::RequestCancelActivity { op }, Issued::Cancel(op));
        (!waits).then_some(over)
    }

    /// The event id under which the service knows the activity, for its cancellation.
    pub(crate) fn scheduled_event_id(&self, op: OpId) -> Option<i64> {
        self.activities.get(&op).and_then(|a| a.scheduled)
    }

    pub(super) fn handle_activity(
        &mut self,
        event_id: i64,
        event: ActivityEvent,
    ) -> Result<(), Mismatch> {
        match event {
            ActivityEvent::Scheduled {
                activity_id,
                activity_type,
            } => self.activity_scheduled(event_id, &activity_id, &activity_type),
            // the start is written with the end, and tells workflow code nothing
            ActivityEvent::Started { .. } => Ok(()),
            ActivityEvent::CancelRequested { scheduled } => {
                let what = format!("a request to cancel the activity of event {scheduled}");
                let op = self.op_of(event_id, scheduled, &what)?;
                self.confirm(event_id, &what, |c| {
                    *c == Command::RequestCancelActivity { op }
                })
                .map(drop)
            }
            ActivityEvent::Completed { scheduled, result } => {
                self.activity_ended(event_id, scheduled, |_| Outcome::Completed(first(result)))
            }
            ActivityEvent::Failed {
                scheduled,
                started,
                identity,
                retry_state,
                failure,
            } => self.activity_ended(event_id, scheduled, |a| {
                Outcome::Failed(Box::new(a.failure(
                    "Activity task failed",
                    started,
                    &identity,
                    retry_state,
                    failure,
                )))
            }),
            ActivityEvent::TimedOut {
                scheduled,
                started,
                retry_state,
                failure,
            } => self.activity_ended(event_id, scheduled, |a| {
                Outcome::Failed(Box::new(a.failure(
                    "Activity task timed out",
                    started,
                    "",
                    retry_state,
                    failure,
                )))
            }),
            ActivityEvent::Canceled {
                scheduled,
                started,
                identity,
                details,
            } => self.activity_ended(event_id, scheduled, |a| {
                let cause = Box::new(canceled("Activity cancelled", details));
                Outcome::Failed(Box::new(a.failure(
                    "Activity task canceled",
                    started,
                    &identity,
                    RetryState::Unspecified,
                    Some(cause),
                )))
            }),
        }
    }

    fn activity_scheduled(
        &mut self,
        event_id: i64,
        id: &str,
        activity_type: &str,
    ) -> Result<(), Mismatch> {
        let out = self.confirm(
            event_id,
            &format!("activity `{activity_type}` (id {id}) scheduled"),
            |c| matches!(c, Command::ScheduleActivity(a) if a.activity_type == activity_type && a.activity_id.as_deref() == Some(id)),
        )?;
        let op = out.op();
        self.begun_by.insert(event_id, op);
        if let Some(activity) = self.activities.get_mut(&op) {
            activity.scheduled = Some(event_id);
        }
        Ok(())
    }

    fn activity_ended(
        &mut self,
        event_id: i64,
        scheduled: i64,
        outcome: impl FnOnce(&Activity) -> Outcome,
    ) -> Result<(), Mismatch> {
        let op = self.op_of(event_id, scheduled, "the end of an activity")?;
        let Some(activity) = self.activities.remove(&op) else {
            return Err(Mismatch::new(
                event_id,
                "the end of an activity",
                "it ended before".into(),
            ));
        };
        if !activity.answered {
            let outcome = outcome(&activity);
            self.resolve(op, outcome);
        }
        Ok(())
    }
}

impl Activity {
    fn failure(
        &self,
        message: &str,
        started: i64,
        identity: &str,
        retry_state: RetryState,
        cause: Option<Box<Failure>>,
    ) -> Failure {
        Failure {
            message: message.to_owned(),
            cause,
            failure_info: Some(FailureInfo::ActivityFailureInfo(ActivityFailureInfo {
                scheduled_event_id: self.scheduled.unwrap_or_default(),
                started_event_id: started,
                identity: identity.to_owned(),
                activity_type: Some(ActivityType {
                    name: self.activity_type.clone(),
                }),
                activity_id: self.id.clone(),
                retry_state: retry_state.into(),
            })),
            ..Failure::default()
        }
    }
}

/// A cancellation as the other SDKs write it.
pub(super) fn canceled(message: &str, details: Option<Payloads>) -> Failure {
    Failure {
        message: message.to_owned(),
        failure_info: Some(FailureInfo::CanceledFailureInfo(CanceledFailureInfo {
            details,
            ..CanceledFailureInfo::default()
        })),
        ..Failure::default()
    }
}
