//! The commands of a completed workflow task: which file handles which, what refuses them, and what all share.

use std::collections::BTreeMap;

use prost::Message as _;
use temporal_protos::command::Command;
use temporal_protos::command::command::Attributes as C;
use temporal_protos::common::{Payloads, WorkerVersionStamp};
use temporal_protos::enums::{CommandType, TaskQueueKind, WorkflowTaskFailedCause as Cause};
use temporal_protos::history::MarkerRecordedEventAttributes;
use temporal_protos::protocol::Message;
use temporal_protos::sdk::{EventGroupMarker, UserMetadata};
use temporal_protos::taskqueue::TaskQueue;

use super::Run;
use super::history::{EventAttributes, event};
use super::workflow_task::Taker;
use crate::engine::Context;
use crate::engine::effect;
use crate::engine::refusal::Refusal;

/// Why a completion is not taken.
#[derive(Debug)]
pub(crate) enum Bad {
    /// A command is wrong: the task fails with this cause.
    Command { cause: Cause, text: String },
    /// A command is too large: the task fails and the run is terminated.
    Size { cause: Cause, text: String },
    /// A closing command came while there is news that the workflow has not seen.
    Unhandled,
    /// The request as such is refused; the task stays as it is.
    Refused(Refusal),
}

impl Bad {
    pub(crate) fn command(cause: Cause, text: impl Into<String>) -> Self {
        Self::Command {
            cause,
            text: text.into(),
        }
    }

    pub(crate) fn size(cause: Cause, text: impl Into<String>) -> Self {
        Self::Size {
            cause,
            text: text.into(),
        }
    }
}

/// What a command says about itself; it goes to its event.
#[derive(Debug, Default)]
pub(crate) struct Described {
    metadata: Option<UserMetadata>,
    groups: Vec<EventGroupMarker>,
}

impl Described {
    /// Summary and details.
    pub(crate) fn metadata(&self) -> Option<&UserMetadata> {
        self.metadata.as_ref()
    }
}

/// What is known and gathered while the commands of one completion are taken.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) identity: String,
    /// The build of the worker.
    pub(crate) build: Option<WorkerVersionStamp>,
    pub(crate) completed_event_id: i64,
    /// Messages that no command has put in its place yet.
    pub(crate) messages: BTreeMap<String, (usize, Message)>,
    /// Scheduled activities, and whether the worker wants them at once.
    pub(crate) activities: Vec<(i64, bool)>,
    /// An activity was cancelled that had not started: the workflow has to hear of it.
    pub(crate) needs_task: bool,
    /// What is sent to other workflows, unless the run closes.
    pub(crate) sends: Vec<effect::Message>,
}

impl Work {
    /// The worker that has completed the task, as the one that takes the next.
    pub(super) fn taker(&self) -> Taker<'_> {
        Taker {
            identity: &self.identity,
            build: self.build.as_ref(),
        }
    }
}

impl Context<'_> {
    /// Refuses payloads that are too large for a command.
    pub(crate) fn check_blob(
        &self,
        payloads: Option<&Payloads>,
        cause: Cause,
        text: impl FnOnce() -> String,
    ) -> Result<(), Bad> {
        match payloads {
            Some(payloads) if payloads.encoded_len() > self.limits.blob_bytes => {
                Err(Bad::size(cause, text()))
            }
            _ => Ok(()),
        }
    }
}

/// A cause as texts name it: BAD_SCHEDULE_ACTIVITY_ATTRIBUTES is `BadScheduleActivityAttributes`.
pub(crate) fn camel_cause(cause: Cause) -> String {
    camel(
        cause
            .as_str_name()
            .trim_start_matches("WORKFLOW_TASK_FAILED_CAUSE_"),
    )
}

fn camel(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            [first.to_string(), rest.to_lowercase()]
        })
        .collect()
}

fn command_name(kind: i32) -> String {
    match CommandType::try_from(kind) {
        Ok(kind) => camel(kind.as_str_name().trim_start_matches("COMMAND_TYPE_")),
        Err(_) => kind.to_string(),
    }
}

/// Checks a queue that a request names, and returns its name.
pub(crate) fn check_task_queue(
    ctx: &Context<'_>,
    queue: Option<&TaskQueue>,
) -> Result<String, String> {
    let queue = queue.ok_or("taskQueue is not set")?;
    if queue.name.is_empty() {
        return Err("missing task queue name".into());
    }
    if queue.name.len() > ctx.limits.id_bytes {
        return Err("taskQueue length exceeds limit".into());
    }
    if queue.name.starts_with("/_sys/") {
        return Err("task queue name cannot start with reserved prefix /_sys/".into());
    }
    Ok(queue.name.clone())
}

/// The same for a queue that is to have tasks of workflows or activities: the queues of the real service's own workers
/// are for workflows on such a queue alone.
pub(crate) fn check_user_task_queue(
    ctx: &Context<'_>,
    queue: Option<&TaskQueue>,
    parent: &str,
) -> Result<String, String> {
    let name = check_task_queue(ctx, queue)?;
    if !is_internal(&name) || is_internal(parent) {
        return Ok(name);
    }
    let mut text = format!("cannot use internal per-namespace task queue:{name}");
    if !parent.is_empty() {
        text += &format!(" (in parent component task queue: {parent})");
    }
    Err(text)
}

fn is_internal(queue: &str) -> bool {
    queue.starts_with("temporal-sys-per-ns-") || queue == "temporal-sys-worker-controller-per-ns-tq"
}

/// A normal queue of this name.
pub(crate) fn normal(name: String) -> TaskQueue {
    TaskQueue {
        name,
        kind: TaskQueueKind::Normal.into(),
        normal_name: String::new(),
    }
}

/// Refuses a list of commands as a whole, before anything of it is taken.
pub(crate) fn check_sequence(commands: &[Command]) -> Result<(), Refusal> {
    let closes = |kind: i32| {
        matches!(
            CommandType::try_from(kind),
            Ok(CommandType::CompleteWorkflowExecution
                | CommandType::FailWorkflowExecution
                | CommandType::CancelWorkflowExecution
                | CommandType::ContinueAsNewWorkflowExecution)
        )
    };
    if let Some(unknown) = commands.iter().find(|command| {
        matches!(
            CommandType::try_from(command.command_type),
            Ok(CommandType::Unspecified) | Err(_)
        )
    }) {
        return Err(Refusal::invalid(format!(
            "unknown command type: {}",
            command_name(unknown.command_type)
        )));
    }
    let early = commands
        .iter()
        .rev()
        .skip(1)
        .rev()
        .find(|command| closes(command.command_type));
    if let Some(early) = early {
        let names: Vec<_> = commands
            .iter()
            .map(|command| command_name(command.command_type))
            .collect();
        return Err(Refusal::invalid(format!(
            "invalid command sequence: [{}], command {} must be the last command.",
            names.join(", "),
            command_name(early.command_type)
        )));
    }
    Ok(())
}

impl Run {
    /// Writes the event of a command, with what the command says about itself.
    pub(crate) fn write_described<A: EventAttributes>(
        &mut self,
        ctx: &Context<'_>,
        attributes: A,
        described: Described,
    ) -> i64 {
        let mut written = event(ctx.now, attributes);
        written.user_metadata = described.metadata;
        written.event_group_markers = described.groups;
        self.history.add(written)
    }

    /// Takes one command.
    #[expect(
        clippy::too_many_lines,
        reason = "one flat match: each command and the file that handles it"
    )]
    pub(crate) fn take_command(
        &mut self,
        ctx: &mut Context<'_>,
        command: Command,
        work: &mut Work,
    ) -> Result<(), Bad> {
        let kind = CommandType::try_from(command.command_type).unwrap_or(CommandType::Unspecified);
        let described = Described {
            metadata: command.user_metadata,
            groups: command.event_group_markers,
        };
        let completed = work.completed_event_id;
        match (kind, command.attributes) {
            (
                CommandType::ScheduleActivityTask,
                Some(C::ScheduleActivityTaskCommandAttributes(a)),
            ) => {
                let eager = a.request_eager_execution;
                let id = self.schedule_activity(ctx, *a, described, completed)?;
                work.activities.push((id, eager));
                Ok(())
            }
            (
                CommandType::RequestCancelActivityTask,
                Some(C::RequestCancelActivityTaskCommandAttributes(a)),
            ) => {
                let at_once = self.request_cancel_activity(
                    ctx,
                    a.scheduled_event_id,
                    &work.identity,
                    completed,
                    described,
                )?;
                work.needs_task |= at_once;
                Ok(())
            }
            (CommandType::StartTimer, Some(C::StartTimerCommandAttributes(a))) => {
                self.start_timer(ctx, *a, described, completed)
            }
            (CommandType::CancelTimer, Some(C::CancelTimerCommandAttributes(a))) => {
                self.cancel_timer(ctx, *a, &work.identity, described, completed)
            }
            (CommandType::RecordMarker, Some(C::RecordMarkerCommandAttributes(a))) => {
                self.record_marker(ctx, *a, described, completed)
            }
            (
                CommandType::UpsertWorkflowSearchAttributes,
                Some(C::UpsertWorkflowSearchAttributesCommandAttributes(a)),
            ) => self.upsert_search_attributes(ctx, *a, described, completed),
            (
                CommandType::ModifyWorkflowProperties,
                Some(C::ModifyWorkflowPropertiesCommandAttributes(a)),
            ) => self.modify_properties(ctx, *a, described, completed),
            (
                CommandType::StartChildWorkflowExecution,
                Some(C::StartChildWorkflowExecutionCommandAttributes(a)),
            ) => self.start_child(ctx, *a, described, work),
            (
                CommandType::SignalExternalWorkflowExecution,
                Some(C::SignalExternalWorkflowExecutionCommandAttributes(a)),
            ) => self.signal_external(ctx, *a, described, work),
            (
                CommandType::RequestCancelExternalWorkflowExecution,
                Some(C::RequestCancelExternalWorkflowExecutionCommandAttributes(a)),
            ) => self.cancel_external(ctx, *a, described, work),
            (CommandType::ProtocolMessage, Some(C::ProtocolMessageCommandAttributes(a))) => {
                self.take_placed_message(ctx, &a.message_id, work)
            }
            (
                CommandType::CompleteWorkflowExecution
                | CommandType::FailWorkflowExecution
                | CommandType::CancelWorkflowExecution
                | CommandType::ContinueAsNewWorkflowExecution,
                _,
            ) if !self.history.buffered().is_empty() => Err(Bad::Unhandled),
            (
                CommandType::CompleteWorkflowExecution,
                Some(C::CompleteWorkflowExecutionCommandAttributes(a)),
            ) => self.complete_workflow(ctx, *a, described, completed),
            (
                CommandType::FailWorkflowExecution,
                Some(C::FailWorkflowExecutionCommandAttributes(a)),
            ) => self.fail_workflow(ctx, *a, described, completed),
            (
                CommandType::CancelWorkflowExecution,
                Some(C::CancelWorkflowExecutionCommandAttributes(a)),
            ) => self.cancel_workflow(ctx, *a, described, completed),
            (
                CommandType::ContinueAsNewWorkflowExecution,
                Some(C::ContinueAsNewWorkflowExecutionCommandAttributes(a)),
            ) => self.continue_as_new(ctx, *a, described, completed),
            (
                CommandType::ScheduleNexusOperation,
                Some(C::ScheduleNexusOperationCommandAttributes(a)),
            ) => Err(Bad::command(
                Cause::BadScheduleNexusOperationAttributes,
                format!("endpoint \"{}\" not found", a.endpoint),
            )),
            (
                CommandType::RequestCancelNexusOperation,
                Some(C::RequestCancelNexusOperationCommandAttributes(a)),
            ) => Err(Bad::command(
                Cause::BadRequestCancelNexusOperationAttributes,
                format!(
                    "requested cancelation for a non-existing or already completed operation with scheduled event ID of {}",
                    a.scheduled_event_id
                ),
            )),
            (kind, _) => Err(without_attributes(kind)),
        }
    }

    fn record_marker(
        &mut self,
        ctx: &Context<'_>,
        command: temporal_protos::command::RecordMarkerCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadRecordMarkerAttributes;
        let name = command.marker_name;
        if name.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "MarkerName is not set on RecordMarkerCommand.",
            ));
        }
        if name.len() > ctx.limits.id_bytes {
            return Err(Bad::command(
                CAUSE,
                format!(
                    "MarkerName on RecordMarkerCommand exceeds length limit. MarkerName={name} Length={} Limit={}",
                    name.len(),
                    ctx.limits.id_bytes
                ),
            ));
        }
        let size: usize = command
            .details
            .values()
            .map(prost::Message::encoded_len)
            .sum();
        if size > ctx.limits.blob_bytes {
            return Err(Bad::size(
                CAUSE,
                "RecordMarkerCommandAttributes.Details exceeds size limit.",
            ));
        }
        let attributes = MarkerRecordedEventAttributes {
            marker_name: name,
            details: command.details,
            workflow_task_completed_event_id: completed_event_id,
            header: command.header,
            failure: command.failure,
        };
        self.write_described(ctx, attributes, described);
        Ok(())
    }
}

/// A command whose attributes are missing, or are those of another one.
fn without_attributes(kind: CommandType) -> Bad {
    use CommandType as K;
    let cause = match kind {
        K::ScheduleActivityTask => Cause::BadScheduleActivityAttributes,
        K::RequestCancelActivityTask => Cause::BadRequestCancelActivityAttributes,
        K::StartTimer => Cause::BadStartTimerAttributes,
        K::CompleteWorkflowExecution => Cause::BadCompleteWorkflowExecutionAttributes,
        K::FailWorkflowExecution => Cause::BadFailWorkflowExecutionAttributes,
        K::CancelTimer => Cause::BadCancelTimerAttributes,
        K::CancelWorkflowExecution => Cause::BadCancelWorkflowExecutionAttributes,
        K::RequestCancelExternalWorkflowExecution => {
            Cause::BadRequestCancelExternalWorkflowExecutionAttributes
        }
        K::RecordMarker => Cause::BadRecordMarkerAttributes,
        K::ContinueAsNewWorkflowExecution => Cause::BadContinueAsNewAttributes,
        K::StartChildWorkflowExecution => Cause::BadStartChildExecutionAttributes,
        K::SignalExternalWorkflowExecution => Cause::BadSignalWorkflowExecutionAttributes,
        K::UpsertWorkflowSearchAttributes => Cause::BadSearchAttributes,
        K::ProtocolMessage => Cause::BadUpdateWorkflowExecutionMessage,
        K::ModifyWorkflowProperties => Cause::BadModifyWorkflowPropertiesAttributes,
        K::ScheduleNexusOperation => {
            return Bad::command(
                Cause::BadScheduleNexusOperationAttributes,
                "empty ScheduleNexusOperationCommandAttributes",
            );
        }
        K::RequestCancelNexusOperation => {
            return Bad::command(
                Cause::BadRequestCancelNexusOperationAttributes,
                "empty CancelNexusOperationCommandAttributes",
            );
        }
        K::Unspecified => {
            return Bad::Refused(Refusal::invalid("unknown command type: Unspecified"));
        }
    };
    let name = command_name(kind.into());
    Bad::command(
        cause,
        format!("{name}CommandAttributes is not set on {name}Command."),
    )
}
