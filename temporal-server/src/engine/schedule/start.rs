//! What a schedule does to workflows: starting one, and cancelling or terminating what is in its way.

use bytes::Bytes;
use temporal_protos::common::{Payload, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::{
    ScheduleOverlapPolicy as Policy, WorkflowExecutionStatus, WorkflowIdReusePolicy,
};
use temporal_protos::schedule::ScheduleActionResult;
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::StartWorkflowExecutionRequest;

use super::Schedule;
use super::spec::timestamp;
use super::state::BufferedStart;
use crate::engine::date::rfc3339;
use crate::engine::time::Time;

/// Actions that are described.
const RECENT_ACTIONS: usize = 10;

/// Something that a schedule does to a workflow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Start a workflow.
    Start(Box<Start>),
    /// Ask the chain of this first run to cancel itself.
    Cancel(WorkflowExecution),
    /// Terminate the chain of this first run.
    Terminate(WorkflowExecution),
}

/// A workflow to be started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    /// The id that the run gets, so that its end is known whenever it comes.
    pub(crate) run_id: String,
    pub(crate) request: StartWorkflowExecutionRequest,
}

impl Schedule {
    /// Starts a workflow, as far as the schedule knows: it hears of a refusal later. Says whether the schedule may.
    pub(super) fn start(
        &mut self,
        start: BufferedStart,
        overlaps: bool,
        now: Time,
        fresh_id: &mut dyn FnMut() -> String,
        actions: &mut Vec<Action>,
    ) -> bool {
        if !self.spend_action(start.manual) {
            return false;
        }
        let Some(action) = self.state.action.clone() else {
            return false;
        };
        let (run_id, request_id) = (fresh_id(), fresh_id());
        let request = self.request(action, &start, request_id);
        let execution = WorkflowExecution {
            workflow_id: request.workflow_id.clone(),
            run_id: run_id.clone(),
        };
        let info = &mut self.state.info;
        info.action_count += 1;
        info.recent_actions.push(ScheduleActionResult {
            schedule_time: Some(timestamp(start.actual)),
            actual_time: Some(now.to_proto()),
            start_workflow_result: Some(execution.clone()),
            start_workflow_status: WorkflowExecutionStatus::Running.into(),
        });
        let beyond = info.recent_actions.len().saturating_sub(RECENT_ACTIONS);
        info.recent_actions.drain(..beyond);
        if !overlaps {
            info.running_workflows.push(execution);
        }
        actions.push(Action::Start(Box::new(Start { run_id, request })));
        true
    }

    fn request(
        &self,
        action: NewWorkflowExecutionInfo,
        start: &BufferedStart,
        request_id: String,
    ) -> StartWorkflowExecutionRequest {
        let nominal = rfc3339(start.nominal);
        let mut attributes = action.search_attributes.clone().unwrap_or_default();
        let by_schedule = [
            ("TemporalScheduledStartTime", &nominal),
            ("TemporalScheduledById", &self.state.schedule_id),
        ];
        for (name, value) in by_schedule {
            attributes.indexed_fields.insert(name.into(), json(value));
        }
        // A regular time starts once, whatever happens; people may repeat it.
        let reuse = if start.manual {
            WorkflowIdReusePolicy::AllowDuplicate
        } else {
            WorkflowIdReusePolicy::RejectDuplicate
        };
        // The schedule's own policy does not matter here, as in the real service.
        let alone = start.overlap_policy() != Policy::AllowAll;
        StartWorkflowExecutionRequest {
            namespace: self.namespace.name.clone(),
            workflow_id: format!("{}-{nominal}", action.workflow_id),
            identity: self.reference().identity(),
            request_id,
            workflow_id_reuse_policy: reuse.into(),
            search_attributes: Some(attributes),
            // Runs that overlap have no one before them.
            last_completion_result: self.state.last_completion_result.clone().filter(|_| alone),
            continued_failure: self.state.continued_failure.clone().filter(|_| alone),
            ..start_request(action)
        }
    }
}

/// The request that an action stands for, as far as it says anything.
pub(crate) fn start_request(action: NewWorkflowExecutionInfo) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        workflow_id: action.workflow_id,
        workflow_type: action.workflow_type,
        task_queue: action.task_queue,
        input: action.input,
        workflow_execution_timeout: action.workflow_execution_timeout,
        workflow_run_timeout: action.workflow_run_timeout,
        workflow_task_timeout: action.workflow_task_timeout,
        retry_policy: action.retry_policy,
        memo: action.memo,
        search_attributes: action.search_attributes,
        header: action.header,
        user_metadata: action.user_metadata,
        versioning_override: action.versioning_override,
        priority: action.priority,
        ..Default::default()
    }
}

/// A text that needs no escapes in JSON, or has them.
pub(super) fn json(text: &str) -> Payload {
    let data = serde_json::Value::from(text).to_string();
    Payload {
        metadata: [("encoding".to_owned(), Bytes::from_static(b"json/plain"))].into(),
        data: data.into(),
        ..Default::default()
    }
}

/// The attributes of a schedule's own row are made of the same payloads.
pub(super) fn attribute(attributes: &mut SearchAttributes, name: &str, value: Payload) {
    attributes.indexed_fields.insert(name.into(), value);
}
