//! What workflow code asks of the service, before it becomes protobuf.

use std::{collections::BTreeMap, time::Duration};

use temporal_protos::{
    command::{self as proto, Command as ProtoCommand, command::Attributes},
    common::{ActivityType, Header, Payload, Payloads, WorkflowType},
    enums::CommandType,
    failure::Failure,
    taskqueue::TaskQueue,
};

use super::{
    ActivityCommand, ChildCommand, ExternalCommand, LocalMarker, Machine, OpId, Outcome,
    UpdateRequest,
    continue_as_new::ContinueCommand,
    memo,
    patch::{PatchMarker, list_command},
    search_attributes,
};
use crate::convert::{proto_duration, user_metadata};

/// One command, or one message that is placed among the commands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    StartTimer {
        timer_id: String,
        delay: Duration,
        summary: Option<String>,
    },
    CancelTimer {
        timer_id: String,
    },
    ScheduleActivity(Box<ActivityCommand>),
    RequestCancelActivity {
        op: OpId,
    },
    StartChild(Box<ChildCommand>),
    RequestCancelChild {
        namespace: String,
        workflow_id: String,
        run_id: String,
    },
    RecordLocalActivity(Box<LocalMarker>),
    RecordPatch(PatchMarker),
    /// The search attribute that lists all changes that the run has taken.
    ListPatches(Vec<String>),
    /// A signal or a cancel request to another workflow.
    Reach(Box<ExternalCommand>),
    UpsertSearchAttributes(BTreeMap<String, Payload>),
    UpsertMemo(BTreeMap<String, Payload>),
    AcceptUpdate(Box<UpdateRequest>),
    CompleteUpdate {
        request: Box<UpdateRequest>,
        outcome: Outcome,
    },
    CompleteWorkflow {
        result: Option<Payload>,
    },
    FailWorkflow {
        failure: Box<Failure>,
    },
    CancelWorkflow,
    ContinueAsNew(Box<ContinueCommand>),
}

/// Why a command is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issued {
    Begin(OpId),
    Cancel(OpId),
    Message,
    Close,
}

impl Issued {
    /// The operation that a command begins or cancels.
    pub(super) const fn op(self) -> Option<OpId> {
        match self {
            Self::Begin(op) | Self::Cancel(op) => Some(op),
            Self::Message | Self::Close => None,
        }
    }
}

/// A command that no event has confirmed yet.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) command: Command,
    pub(super) issued: Issued,
}

impl Outgoing {
    /// The operation it begins or cancels.
    pub(super) fn op(&self) -> OpId {
        match self.issued {
            Issued::Begin(op) | Issued::Cancel(op) => op,
            // only commands that begin something are asked
            Issued::Message | Issued::Close => OpId(u64::MAX),
        }
    }
}

/// A closing event, reduced to its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseEvent {
    Completed,
    Failed,
    Canceled,
    ContinuedAsNew,
}

impl CloseEvent {
    pub(super) fn describe(self) -> String {
        format!(
            "the workflow {}",
            match self {
                Self::Completed => "completed",
                Self::Failed => "failed",
                Self::Canceled => "cancelled",
                Self::ContinuedAsNew => "continued as new",
            }
        )
    }

    pub(super) const fn matches(self, command: &Command) -> bool {
        matches!(
            (self, command),
            (Self::Completed, Command::CompleteWorkflow { .. })
                | (Self::Failed, Command::FailWorkflow { .. })
                | (Self::Canceled, Command::CancelWorkflow)
                | (Self::ContinuedAsNew, Command::ContinueAsNew(_))
        )
    }
}

impl Command {
    /// What people see of it besides its summary.
    fn details(&self) -> Option<&str> {
        match self {
            Self::StartChild(c) => c.details.as_deref(),
            _ => None,
        }
    }

    /// In the words of a mismatch.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::StartTimer {
                timer_id, delay, ..
            } => {
                format!("timer `{timer_id}` of {delay:?} started")
            }
            Self::CancelTimer { timer_id } => format!("timer `{timer_id}` cancelled"),
            Self::ScheduleActivity(a) => format!(
                "activity `{}` (id {}) scheduled",
                a.activity_type,
                a.activity_id.as_deref().unwrap_or_default()
            ),
            Self::RequestCancelActivity { .. } => "a request to cancel an activity".to_owned(),
            Self::StartChild(c) => format!(
                "child workflow `{}` (id {}) started",
                c.workflow_type, c.workflow_id
            ),
            Self::RequestCancelChild { workflow_id, .. } => {
                format!("a request to cancel workflow `{workflow_id}`")
            }
            Self::RecordLocalActivity(m) => m.describe(),
            Self::RecordPatch(p) => format!("patch `{}`", p.id),
            Self::ListPatches(_) => "the list of patches".to_owned(),
            Self::Reach(c) => c.describe(),
            Self::UpsertSearchAttributes(_) => "an upsert of search attributes".to_owned(),
            Self::UpsertMemo(_) => "a change of the memo".to_owned(),
            Self::AcceptUpdate(r) => format!("update `{}` accepted", r.id),
            Self::CompleteUpdate { request, .. } => format!("update `{}` completed", request.id),
            Self::CompleteWorkflow { .. } => CloseEvent::Completed.describe(),
            Self::FailWorkflow { .. } => CloseEvent::Failed.describe(),
            Self::CancelWorkflow => CloseEvent::Canceled.describe(),
            Self::ContinueAsNew(_) => CloseEvent::ContinuedAsNew.describe(),
        }
    }
}

/// What a command needs from its run when it is written.
pub(crate) struct CommandContext<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) task_queue: &'a str,
    /// What goes along with activities, children, signals and the next run.
    pub(crate) header: Option<&'a Header>,
}

impl CommandContext<'_> {
    /// The protobuf form. Messages become a `ProtocolMessage` command that points to them.
    pub(crate) fn to_proto(&self, command: &Command) -> ProtoCommand {
        let (kind, attributes, summary) = match command {
            Command::StartTimer {
                timer_id,
                delay,
                summary,
            } => (
                CommandType::StartTimer,
                proto::StartTimerCommandAttributes {
                    timer_id: timer_id.clone(),
                    start_to_fire_timeout: Some(proto_duration(*delay)),
                }
                .into(),
                summary.as_deref(),
            ),
            Command::CancelTimer { timer_id } => (
                CommandType::CancelTimer,
                proto::CancelTimerCommandAttributes {
                    timer_id: timer_id.clone(),
                }
                .into(),
                None,
            ),
            Command::ScheduleActivity(a) => (
                CommandType::ScheduleActivityTask,
                self.schedule_activity(a),
                a.summary.as_deref(),
            ),
            Command::RequestCancelActivity { op } => (
                CommandType::RequestCancelActivityTask,
                proto::RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: self.machine.scheduled_event_id(*op).unwrap_or_default(),
                }
                .into(),
                None,
            ),
            Command::StartChild(c) => (
                CommandType::StartChildWorkflowExecution,
                self.start_child(c),
                c.summary.as_deref(),
            ),
            Command::RequestCancelChild {
                namespace,
                workflow_id,
                run_id,
            } => (
                CommandType::RequestCancelExternalWorkflowExecution,
                request_cancel_child(namespace, workflow_id, run_id),
                None,
            ),
            Command::RecordLocalActivity(m) => (
                CommandType::RecordMarker,
                m.to_attributes(),
                m.summary.as_deref(),
            ),
            Command::RecordPatch(marker) => plain(marker.command()),
            Command::ListPatches(list) => plain(list_command(list)),
            Command::Reach(c) => c.to_proto(self.header),
            Command::UpsertSearchAttributes(fields) => plain(search_attributes::command(fields)),
            Command::UpsertMemo(fields) => plain(memo::command(fields)),
            Command::ContinueAsNew(next) => plain(next.to_proto(self)),
            Command::AcceptUpdate(r) => protocol_message(&r.id, "accept"),
            Command::CompleteUpdate { request, .. } => protocol_message(&request.id, "complete"),
            close => closing(close),
        };
        ProtoCommand {
            command_type: kind.into(),
            attributes: Some(attributes),
            user_metadata: user_metadata(summary, command.details()),
            ..ProtoCommand::default()
        }
    }

    fn schedule_activity(&self, a: &ActivityCommand) -> Attributes {
        proto::ScheduleActivityTaskCommandAttributes {
            activity_id: a.activity_id.clone().unwrap_or_default(),
            activity_type: Some(ActivityType {
                name: a.activity_type.clone(),
            }),
            task_queue: Some(self.queue(a.task_queue.as_deref())),
            input: payloads(&a.input),
            schedule_to_close_timeout: a.schedule_to_close.map(proto_duration),
            schedule_to_start_timeout: a.schedule_to_start.map(proto_duration),
            start_to_close_timeout: a.start_to_close.map(proto_duration),
            heartbeat_timeout: a.heartbeat.map(proto_duration),
            retry_policy: a.retry_policy.clone(),
            // as the other SDKs have it: a worker of the same version, if it serves the same queue
            use_workflow_build_id: a.task_queue.is_none(),
            priority: a.priority.clone(),
            // the worker takes it back where it cannot run the activity itself
            request_eager_execution: !a.disable_eager,
            header: self.header.cloned(),
        }
        .into()
    }

    fn start_child(&self, c: &ChildCommand) -> Attributes {
        proto::StartChildWorkflowExecutionCommandAttributes {
            namespace: c.namespace.clone(),
            workflow_id: c.workflow_id.clone(),
            workflow_type: Some(WorkflowType {
                name: c.workflow_type.clone(),
            }),
            task_queue: Some(self.queue(c.task_queue.as_deref())),
            input: payloads(&c.input),
            workflow_execution_timeout: c.execution_timeout.map(proto_duration),
            workflow_run_timeout: c.run_timeout.map(proto_duration),
            workflow_task_timeout: c.task_timeout.map(proto_duration),
            parent_close_policy: c.parent_close_policy.into(),
            workflow_id_reuse_policy: c.id_reuse_policy.into(),
            retry_policy: c.retry_policy.clone(),
            cron_schedule: c.cron_schedule.clone(),
            inherit_build_id: c.task_queue.is_none(),
            priority: c.priority.clone(),
            memo: crate::memo::to_proto(&c.memo),
            search_attributes: crate::search_attributes::to_proto(&c.search_attributes),
            header: self.header.cloned(),
            ..Default::default()
        }
        .into()
    }

    pub(super) fn queue(&self, name: Option<&str>) -> TaskQueue {
        TaskQueue {
            name: name.unwrap_or(self.task_queue).to_owned(),
            ..TaskQueue::default()
        }
    }
}

/// Type, attributes and summary of a command.
pub(super) type Parts<'a> = (CommandType, Attributes, Option<&'a str>);

/// Without a summary.
fn plain<'a>((kind, attributes): (CommandType, Attributes)) -> Parts<'a> {
    (kind, attributes, None)
}

fn protocol_message<'a>(id: &str, verb: &str) -> Parts<'a> {
    let attributes: Attributes = proto::ProtocolMessageCommandAttributes {
        message_id: message_id(id, verb),
    }
    .into();
    (CommandType::ProtocolMessage, attributes, None)
}

/// The id of a message of an update: the update's id and what is done to it.
pub(crate) fn message_id(update_id: &str, verb: &str) -> String {
    format!("{update_id}/{verb}")
}

fn request_cancel_child(namespace: &str, workflow_id: &str, run_id: &str) -> Attributes {
    proto::RequestCancelExternalWorkflowExecutionCommandAttributes {
        namespace: namespace.to_owned(),
        workflow_id: workflow_id.to_owned(),
        run_id: run_id.to_owned(),
        child_workflow_only: true,
        ..Default::default()
    }
    .into()
}

fn closing<'a>(command: &Command) -> Parts<'a> {
    match command {
        Command::FailWorkflow { failure } => (
            CommandType::FailWorkflowExecution,
            proto::FailWorkflowExecutionCommandAttributes {
                failure: Some((**failure).clone()),
            }
            .into(),
            None,
        ),
        Command::CompleteWorkflow { result } => (
            CommandType::CompleteWorkflowExecution,
            proto::CompleteWorkflowExecutionCommandAttributes {
                result: result.clone().map(|p| Payloads { payloads: vec![p] }),
            }
            .into(),
            None,
        ),
        _ => (
            CommandType::CancelWorkflowExecution,
            proto::CancelWorkflowExecutionCommandAttributes::default().into(),
            None,
        ),
    }
}

/// No arguments are no message, as the other SDKs write it.
pub(super) fn payloads(list: &[Payload]) -> Option<Payloads> {
    (!list.is_empty()).then(|| Payloads {
        payloads: list.to_vec(),
    })
}
