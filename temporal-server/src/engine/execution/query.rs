//! Queries: whether they go to a worker directly or wait with a workflow task, and those that wait.

use std::collections::BTreeMap;
use std::time::Duration;

use temporal_protos::enums::{
    QueryRejectCondition as Reject, ResourceExhaustedCause, ResourceExhaustedScope,
    WorkflowExecutionStatus as Status,
};
use temporal_protos::query::{WorkflowQuery, WorkflowQueryResult};

use super::Run;
use crate::engine::Context;
use crate::engine::effect::Effect;
use crate::engine::refusal::Refusal;

/// From this attempt of the workflow task on, queries are refused.
const FAILING_ATTEMPT: i32 = 3;

/// Queries that wait with a workflow task.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    waiting: BTreeMap<String, WorkflowQuery>,
}

/// Where a query goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum QueryPath {
    /// It is refused for the state of the run.
    Rejected(Status),
    /// To a worker, as a task of its own.
    Direct,
    /// With the pending workflow task.
    Buffered,
}

impl Run {
    /// Decides where a query goes; one that waits is kept under its id. Before the first task is scheduled it waits for
    /// that, if its caller has the patience.
    pub(crate) fn query(
        &mut self,
        ctx: &Context<'_>,
        id: &str,
        query: WorkflowQuery,
        condition: Reject,
        patience: Duration,
    ) -> Result<QueryPath, Refusal> {
        let rejects = match condition {
            Reject::NotOpen => !self.is_running(),
            Reject::NotCompletedCleanly => !self.is_running() && self.status != Status::Completed,
            Reject::None | Reject::Unspecified => false,
        };
        if rejects {
            return Ok(QueryPath::Rejected(self.status));
        }
        let has_completed_a_task = self.last_completed_event_id > 0;
        if !has_completed_a_task && !self.is_running() {
            return Err(Refusal::WorkflowNotReady(
                "Workflow execution closed before WorkflowTaskStarted event".into(),
            ));
        }
        let begins_too_late = || self.execution_time() > ctx.now.plus(patience);
        if self.awaits_first_task && self.is_running() && begins_too_late() {
            return Err(Refusal::WorkflowNotReady(
                "Workflow task is not scheduled yet.".into(),
            ));
        }
        if self.is_running() && self.task_attempt >= FAILING_ATTEMPT {
            return Err(Refusal::WorkflowNotReady(
                "Unable to query workflow due to Workflow Task in failed state.".into(),
            ));
        }
        if has_completed_a_task && (!self.is_running() || self.task.is_none()) {
            return Ok(QueryPath::Direct);
        }
        if self.queries.waiting.len() >= ctx.limits.buffered_queries {
            return Err(Refusal::ResourceExhausted {
                message: "consistent query buffer is full, this may be caused by too many queries and workflow not able to process query fast enough".into(),
                cause: ResourceExhaustedCause::BusyWorkflow,
                scope: ResourceExhaustedScope::Namespace,
            });
        }
        self.queries.waiting.insert(id.into(), query);
        Ok(QueryPath::Buffered)
    }

    /// The queries that go with the pending task.
    pub(crate) fn waiting_queries(&self) -> BTreeMap<String, WorkflowQuery> {
        self.queries.waiting.clone()
    }

    /// The caller of a query has gone.
    pub(crate) fn forget_query(&mut self, id: &str) {
        self.queries.waiting.remove(id);
    }

    /// A completion answers a query.
    pub(crate) fn answer_query(
        &mut self,
        ctx: &mut Context<'_>,
        id: String,
        result: WorkflowQueryResult,
    ) {
        if self.queries.waiting.remove(&id).is_some() {
            ctx.emit(Effect::QueryAnswered(id, Ok(result)));
        }
    }

    /// If no task is pending that could answer what waits, it goes to a worker directly.
    pub(crate) fn release_queries(&mut self, ctx: &mut Context<'_>) {
        if self.task.is_some() {
            return;
        }
        for (id, _) in std::mem::take(&mut self.queries.waiting) {
            if self.last_completed_event_id > 0 {
                ctx.emit(Effect::QueryDirect(id));
            } else {
                let why = "Workflow execution closed before WorkflowTaskStarted event";
                ctx.emit(Effect::QueryAnswered(
                    id,
                    Err(Refusal::WorkflowNotReady(why.into())),
                ));
            }
        }
    }
}
