//! A schedule as it is stored, and what it has to say to workflows while that waits to be delivered.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::{Payloads, WorkflowExecution};
use temporal_protos::enums::WorkflowExecutionStatus as Status;
use temporal_protos::failure::Failure;
use temporal_protos::workflowservice::StartWorkflowExecutionRequest;

use super::spec::Spec;
use super::start::{Action, Start};
use super::state::State;
use super::{RunEnd, Schedule, ScheduleMessage, ScheduleRef};
use crate::engine::execution::saved::Damaged;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

/// A schedule, or that there was one.
#[derive(Clone, PartialEq, prost::Message)]
struct SavedSchedule {
    #[prost(string, tag = "1")]
    namespace_id: String,
    #[prost(string, tag = "2")]
    schedule_id: String,
    #[prost(message, optional, tag = "3")]
    state: Option<State>,
    /// When it must be woken.
    #[prost(int64, optional, tag = "4")]
    wake: Option<i64>,
    /// Of one that is gone: its place among those.
    #[prost(uint64, tag = "5")]
    gone: u64,
    /// And the request that made it.
    #[prost(string, tag = "6")]
    request_id: String,
}

/// What was stored of a schedule.
#[derive(Debug)]
pub(crate) struct StoredSchedule {
    pub(crate) namespace_id: String,
    pub(crate) schedule_id: String,
    pub(crate) what: StoredState,
}

/// Whether a schedule is still there.
#[derive(Debug)]
pub(crate) enum StoredState {
    Open(Box<State>, Option<Time>),
    /// Its place among those that are gone, and the request that had made it.
    Gone(u64, String),
}

impl Schedule {
    /// The schedule as it is stored.
    pub(crate) fn save(&self, wake: Option<Time>) -> Bytes {
        let Self {
            namespace,
            state,
            // compiled from the state
            spec: _,
        } = self;
        let saved = SavedSchedule {
            namespace_id: namespace.id.clone(),
            schedule_id: state.schedule_id.clone(),
            state: Some(state.clone()),
            wake: wake.map(Time::as_nanos),
            gone: 0,
            request_id: String::new(),
        };
        saved.encode_to_vec().into()
    }

    /// The schedule that was stored.
    pub(crate) fn restore(namespace: Arc<Namespace>, state: State) -> Result<Self, Damaged> {
        let spec = Spec::new(state.spec.clone())
            .map_err(|why| Damaged(format!("schedule \"{}\": {why}", state.schedule_id)))?;
        Ok(Self {
            namespace,
            state,
            spec,
        })
    }
}

impl StoredSchedule {
    /// That a schedule is gone, as it is stored.
    pub(crate) fn gone(
        namespace_id: &str,
        schedule_id: &str,
        request_id: &str,
        place: u64,
    ) -> Bytes {
        let saved = SavedSchedule {
            namespace_id: namespace_id.to_owned(),
            schedule_id: schedule_id.to_owned(),
            gone: place,
            request_id: request_id.to_owned(),
            ..SavedSchedule::default()
        };
        saved.encode_to_vec().into()
    }

    pub(crate) fn read(stored: Bytes) -> Result<Self, Damaged> {
        let saved = SavedSchedule::decode(stored)?;
        Ok(Self {
            namespace_id: saved.namespace_id,
            schedule_id: saved.schedule_id,
            what: match saved.state {
                Some(state) => StoredState::Open(Box::new(state), saved.wake.map(Time::from_nanos)),
                None => StoredState::Gone(saved.gone, saved.request_id),
            },
        })
    }
}

/// [`ScheduleMessage`] as it is stored; at most one of start, cancel, terminate and end is set.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SavedScheduleMessage {
    #[prost(string, tag = "1")]
    namespace_id: String,
    #[prost(string, tag = "2")]
    schedule_id: String,
    #[prost(message, optional, tag = "3")]
    start: Option<StartWorkflowExecutionRequest>,
    #[prost(string, tag = "4")]
    start_run_id: String,
    #[prost(message, optional, tag = "5")]
    cancel: Option<WorkflowExecution>,
    #[prost(message, optional, tag = "6")]
    terminate: Option<WorkflowExecution>,
    #[prost(message, optional, tag = "7")]
    end: Option<SavedRunEnd>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SavedRunEnd {
    #[prost(string, tag = "1")]
    workflow_id: String,
    #[prost(string, tag = "2")]
    first_run_id: String,
    #[prost(int32, tag = "3")]
    status: i32,
    #[prost(message, optional, tag = "4")]
    result: Option<Payloads>,
    #[prost(message, optional, tag = "5")]
    failure: Option<Failure>,
}

impl ScheduleMessage {
    /// The message as it is stored.
    pub(crate) fn save(&self) -> SavedScheduleMessage {
        let (Self::Act(schedule, _) | Self::RunClosed(schedule, _)) = self;
        let mut saved = SavedScheduleMessage {
            namespace_id: schedule.namespace.id.clone(),
            schedule_id: schedule.schedule_id.clone(),
            ..SavedScheduleMessage::default()
        };
        match self {
            Self::Act(_, Action::Start(start)) => {
                saved.start = Some(start.request.clone());
                saved.start_run_id.clone_from(&start.run_id);
            }
            Self::Act(_, Action::Cancel(run)) => saved.cancel = Some(run.clone()),
            Self::Act(_, Action::Terminate(run)) => saved.terminate = Some(run.clone()),
            Self::RunClosed(_, end) => {
                saved.end = Some(SavedRunEnd {
                    workflow_id: end.workflow_id.clone(),
                    first_run_id: end.first_run_id.clone(),
                    status: end.status.into(),
                    result: end.result.clone(),
                    failure: end.failure.clone(),
                });
            }
        }
        saved
    }

    /// The message that was stored.
    pub(crate) fn restore(
        saved: SavedScheduleMessage,
        own: &dyn Fn(&str) -> Arc<Namespace>,
    ) -> Result<Self, Damaged> {
        let schedule = ScheduleRef {
            namespace: own(&saved.namespace_id),
            schedule_id: saved.schedule_id,
        };
        let action = match (saved.start, saved.cancel, saved.terminate, saved.end) {
            (Some(request), None, None, None) => Action::Start(Box::new(Start {
                run_id: saved.start_run_id,
                request,
            })),
            (None, Some(run), None, None) => Action::Cancel(run),
            (None, None, Some(run), None) => Action::Terminate(run),
            (None, None, None, Some(end)) => {
                let end = RunEnd {
                    status: Status::try_from(end.status)
                        .map_err(|_| Damaged(format!("{} is no status", end.status)))?,
                    workflow_id: end.workflow_id,
                    first_run_id: end.first_run_id,
                    result: end.result,
                    failure: end.failure,
                };
                return Ok(Self::RunClosed(schedule, Box::new(end)));
            }
            _ => return Err(Damaged("a message of a schedule that says nothing".into())),
        };
        Ok(Self::Act(schedule, action))
    }
}
