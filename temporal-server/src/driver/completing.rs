//! Completed workflow tasks, and the small questions of the gRPC shell.

use std::sync::Arc;

use temporal_protos::enums::TaskQueueKind;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::{
    PollActivityTaskQueueResponse, RespondWorkflowTaskCompletedRequest,
    StartWorkflowExecutionRequest,
};

use super::replies::{WorkflowTaskReply, activity_task};
use super::token::TaskToken;
use super::{Driver, check_run_id};
use crate::engine::execution::start::NewRun;
use crate::engine::execution::{Run, commands, start_check};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// The answer to a completion.
#[derive(Debug)]
pub(crate) struct CompletedTask {
    pub(crate) next_task: Option<WorkflowTaskReply>,
    pub(crate) activity_tasks: Vec<PollActivityTaskQueueResponse>,
    pub(crate) reset_history_event_id: i64,
}

impl Driver {
    /// RespondWorkflowTaskCompleted.
    pub(crate) fn complete_workflow_task(
        &self,
        namespace: &Namespace,
        token: &TaskToken,
        request: RespondWorkflowTaskCompletedRequest,
    ) -> Result<CompletedTask, Refusal> {
        let named = token.workflow_task();
        self.ask_run(namespace, &token.workflow_id, &token.run_id, |run, ctx| {
            let completed = run.complete_task(ctx, &named, request)?;
            Ok(CompletedTask {
                next_task: completed
                    .has_new_task
                    .then(|| WorkflowTaskReply::of_task(run, true))
                    .flatten(),
                activity_tasks: completed
                    .activities
                    .iter()
                    .map(|task| activity_task(run, task))
                    .collect(),
                reset_history_event_id: completed.reset_history_event_id,
            })
        })
    }

    /// Checks a start request.
    pub(crate) fn check_start(
        &self,
        namespace: &Arc<Namespace>,
        request: StartWorkflowExecutionRequest,
    ) -> Result<NewRun, Refusal> {
        self.in_context(|ctx| start_check::new_run(ctx, namespace, request))
            .0
    }

    /// Checks the queue that a request names.
    pub(crate) fn check_queue(&self, queue: Option<&TaskQueue>) -> Result<String, Refusal> {
        let name = self
            .in_context(|ctx| commands::check_task_queue(ctx, queue))
            .0
            .map_err(Refusal::InvalidArgument)?;
        match queue {
            Some(queue)
                if queue.kind != TaskQueueKind::Sticky as i32 && !queue.normal_name.is_empty() =>
            {
                Err(Refusal::invalid(format!(
                    "only sticky queues can have normal name. tq: {name}, normal name: {}",
                    queue.normal_name
                )))
            }
            _ => Ok(name),
        }
    }

    /// Reads a run.
    pub(crate) fn look_at_run<T>(
        &self,
        namespace: &Namespace,
        workflow_id: &str,
        run_id: &str,
        look: impl FnOnce(&Run) -> T,
    ) -> Result<T, Refusal> {
        check_run_id(run_id)?;
        let entry = self.find_named(namespace, workflow_id, run_id)?;
        let mut chain = entry.lock();
        let place = chain.find(workflow_id, run_id)?;
        Ok(look(&chain.cells[place].run))
    }
}
