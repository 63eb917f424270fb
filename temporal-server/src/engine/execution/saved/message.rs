//! What runs say to each other, as it waits in the store to be delivered.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::{Header, Payloads, WorkflowExecution};
use temporal_protos::history::HistoryEvent;

use super::birth::{SavedStart, SavedTarget};
use super::{Damaged, enumerated};
use crate::engine::effect::{
    ChildStart, ChildStartFailure, ExternalFailure, ExternalSignal, Message,
};
use crate::engine::schedule::ScheduleMessage;
use crate::engine::schedule::saved::SavedScheduleMessage;
use crate::engine::surroundings::Namespace;

/// One message; `kind` says which fields count.
#[derive(Clone, PartialEq, prost::Message)]
struct SavedMessage {
    #[prost(int32, tag = "1")]
    kind: i32,
    /// Parent or sender.
    #[prost(message, optional, tag = "2")]
    from: Option<SavedTarget>,
    /// Child or target.
    #[prost(message, optional, tag = "3")]
    to: Option<SavedTarget>,
    #[prost(int64, tag = "4")]
    initiated_event_id: i64,
    #[prost(string, tag = "5")]
    workflow_id: String,
    #[prost(string, tag = "6")]
    run_id: String,
    #[prost(message, optional, tag = "7")]
    start: Option<SavedStart>,
    /// A reuse or close policy.
    #[prost(int32, tag = "8")]
    policy: i32,
    /// 0 for success.
    #[prost(int32, tag = "9")]
    failure: i32,
    #[prost(message, optional, tag = "10")]
    end: Option<HistoryEvent>,
    #[prost(bool, tag = "11")]
    child_only: bool,
    #[prost(string, tag = "12")]
    name: String,
    #[prost(message, optional, tag = "13")]
    input: Option<Payloads>,
    #[prost(message, optional, tag = "14")]
    header: Option<Header>,
    #[prost(string, tag = "15")]
    request_id: String,
    #[prost(string, tag = "16")]
    reason: String,
    #[prost(message, optional, tag = "17")]
    schedule: Option<SavedScheduleMessage>,
}

impl Message {
    /// The message as it is stored.
    #[expect(
        clippy::too_many_lines,
        reason = "one flat match: each message and its fields"
    )]
    pub(crate) fn save(&self) -> Bytes {
        let saved = match self {
            Self::StartChild {
                parent,
                initiated_event_id,
                child,
            } => SavedMessage {
                kind: 1,
                from: Some(SavedTarget::of(parent)),
                initiated_event_id: *initiated_event_id,
                workflow_id: child.workflow_id.clone(),
                policy: child.reuse_policy,
                start: Some(SavedStart::of(&child.run)),
                ..SavedMessage::default()
            },
            Self::ChildStarted {
                parent,
                initiated_event_id,
                result,
            } => SavedMessage {
                kind: 2,
                from: Some(SavedTarget::of(parent)),
                initiated_event_id: *initiated_event_id,
                run_id: result.clone().unwrap_or_default(),
                failure: match result {
                    Ok(_) => 0,
                    Err(ChildStartFailure::WorkflowAlreadyExists) => 1,
                    Err(ChildStartFailure::NamespaceNotFound) => 2,
                },
                ..SavedMessage::default()
            },
            Self::ReleaseChild { child } => SavedMessage {
                kind: 3,
                to: Some(SavedTarget::of(child)),
                ..SavedMessage::default()
            },
            Self::ChildClosed {
                parent,
                initiated_event_id,
                child,
                end,
            } => SavedMessage {
                kind: 4,
                from: Some(SavedTarget::of(parent)),
                initiated_event_id: *initiated_event_id,
                workflow_id: child.workflow_id.clone(),
                run_id: child.run_id.clone(),
                end: Some((**end).clone()),
                ..SavedMessage::default()
            },
            Self::Signal {
                sender,
                initiated_event_id,
                target,
                child_only,
                signal,
            } => SavedMessage {
                kind: 5,
                from: Some(SavedTarget::of(sender)),
                to: Some(SavedTarget::of(target)),
                initiated_event_id: *initiated_event_id,
                child_only: *child_only,
                name: signal.name.clone(),
                input: signal.input.clone(),
                header: signal.header.clone(),
                request_id: signal.request_id.clone(),
                ..SavedMessage::default()
            },
            Self::SignalDone {
                sender,
                initiated_event_id,
                result,
            } => SavedMessage {
                kind: 6,
                from: Some(SavedTarget::of(sender)),
                initiated_event_id: *initiated_event_id,
                failure: external_failure(*result),
                ..SavedMessage::default()
            },
            Self::Cancel {
                sender,
                initiated_event_id,
                target,
                child_only,
                reason,
            } => SavedMessage {
                kind: 7,
                from: Some(SavedTarget::of(sender)),
                to: Some(SavedTarget::of(target)),
                initiated_event_id: *initiated_event_id,
                child_only: *child_only,
                reason: reason.clone(),
                ..SavedMessage::default()
            },
            Self::CancelDone {
                sender,
                initiated_event_id,
                result,
            } => SavedMessage {
                kind: 8,
                from: Some(SavedTarget::of(sender)),
                initiated_event_id: *initiated_event_id,
                failure: external_failure(*result),
                ..SavedMessage::default()
            },
            Self::ParentClosed {
                parent,
                child,
                first_run_id,
                policy,
            } => SavedMessage {
                kind: 9,
                from: Some(SavedTarget::of(parent)),
                to: Some(SavedTarget::of(child)),
                run_id: first_run_id.clone(),
                policy: (*policy).into(),
                ..SavedMessage::default()
            },
            Self::Schedule(message) => SavedMessage {
                kind: 10,
                schedule: Some(message.save()),
                ..SavedMessage::default()
            },
        };
        saved.encode_to_vec().into()
    }

    /// The message that was stored. `own` is shared by those who belong to it.
    #[expect(
        clippy::too_many_lines,
        reason = "one flat match: each message and its fields"
    )]
    pub(crate) fn restore(
        stored: Bytes,
        own: &dyn Fn(&str) -> Arc<Namespace>,
    ) -> Result<Self, Damaged> {
        let saved = SavedMessage::decode(stored)?;
        let target = |target: Option<SavedTarget>| {
            let target = target.unwrap_or_default();
            let namespace = own(target.namespace_id());
            target.restore(&namespace)
        };
        let initiated_event_id = saved.initiated_event_id;
        Ok(match saved.kind {
            1 => {
                let parent = target(saved.from);
                let run = saved.start.unwrap_or_default().restore(&parent.namespace);
                Self::StartChild {
                    parent,
                    initiated_event_id,
                    child: Box::new(ChildStart {
                        workflow_id: saved.workflow_id,
                        reuse_policy: saved.policy,
                        run,
                    }),
                }
            }
            2 => Self::ChildStarted {
                parent: target(saved.from),
                initiated_event_id,
                result: match saved.failure {
                    0 => Ok(saved.run_id),
                    1 => Err(ChildStartFailure::WorkflowAlreadyExists),
                    _ => Err(ChildStartFailure::NamespaceNotFound),
                },
            },
            3 => Self::ReleaseChild {
                child: target(saved.to),
            },
            4 => Self::ChildClosed {
                parent: target(saved.from),
                initiated_event_id,
                child: WorkflowExecution {
                    workflow_id: saved.workflow_id,
                    run_id: saved.run_id,
                },
                end: Arc::new(saved.end.unwrap_or_default()),
            },
            5 => Self::Signal {
                sender: target(saved.from),
                initiated_event_id,
                target: target(saved.to),
                child_only: saved.child_only,
                signal: Box::new(ExternalSignal {
                    name: saved.name,
                    input: saved.input,
                    header: saved.header,
                    request_id: saved.request_id,
                }),
            },
            6 => Self::SignalDone {
                sender: target(saved.from),
                initiated_event_id,
                result: external_result(saved.failure),
            },
            7 => Self::Cancel {
                sender: target(saved.from),
                initiated_event_id,
                target: target(saved.to),
                child_only: saved.child_only,
                reason: saved.reason,
            },
            8 => Self::CancelDone {
                sender: target(saved.from),
                initiated_event_id,
                result: external_result(saved.failure),
            },
            9 => Self::ParentClosed {
                parent: target(saved.from),
                child: target(saved.to),
                first_run_id: saved.run_id,
                policy: enumerated(saved.policy, "parent close policy")?,
            },
            10 => {
                let message = saved.schedule.unwrap_or_default();
                Self::Schedule(Box::new(ScheduleMessage::restore(message, own)?))
            }
            other => return Err(Damaged(format!("{other} is no kind of message"))),
        })
    }
}

fn external_failure(result: Result<(), ExternalFailure>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(ExternalFailure::NotFound) => 1,
        Err(ExternalFailure::NamespaceNotFound) => 2,
        Err(ExternalFailure::SignalCountLimit) => 3,
    }
}

fn external_result(number: i32) -> Result<(), ExternalFailure> {
    match number {
        0 => Ok(()),
        2 => Err(ExternalFailure::NamespaceNotFound),
        3 => Err(ExternalFailure::SignalCountLimit),
        _ => Err(ExternalFailure::NotFound),
    }
}
