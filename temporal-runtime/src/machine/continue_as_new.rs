//! The end of a run that goes on as a new one: a closing command with all that the next run is started with.

use std::{collections::BTreeMap, time::Duration};

use temporal_protos::{
    command::{self as proto, command::Attributes},
    common::{Payload, RetryPolicy, WorkflowType},
    enums::CommandType,
};

use super::command::{CommandContext, payloads};
use crate::{convert::proto_duration, memo, search_attributes};

/// What workflow code asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ContinueCommand {
    pub(crate) workflow_type: String,
    /// `None`: this run's.
    pub(crate) task_queue: Option<String>,
    pub(crate) input: Vec<Payload>,
    /// `None`: the service takes over this run's.
    pub(crate) run_timeout: Option<Duration>,
    /// `None`: the service takes over this run's.
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) memo: BTreeMap<String, Payload>,
    pub(crate) search_attributes: BTreeMap<String, Payload>,
}

impl ContinueCommand {
    pub(super) fn to_proto(&self, context: &CommandContext<'_>) -> (CommandType, Attributes) {
        let attributes = proto::ContinueAsNewWorkflowExecutionCommandAttributes {
            workflow_type: Some(WorkflowType {
                name: self.workflow_type.clone(),
            }),
            task_queue: Some(context.queue(self.task_queue.as_deref())),
            input: payloads(&self.input),
            workflow_run_timeout: self.run_timeout.map(proto_duration),
            workflow_task_timeout: self.task_timeout.map(proto_duration),
            retry_policy: self.retry_policy.clone(),
            memo: memo::to_proto(&self.memo),
            search_attributes: search_attributes::to_proto(&self.search_attributes),
            header: context.header.cloned(),
            ..Default::default()
        };
        (
            CommandType::ContinueAsNewWorkflowExecution,
            attributes.into(),
        )
    }
}
