//! One workflow task: get the history it needs, and run the workflow on it. What came of it is `answers.rs`'s.
//!
//! A run is owned while its task is processed, until the service has taken the answer. Whatever goes wrong evicts it:
//! the next task replays it from its history.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use temporal_protos::{
    common::Payload as RawPayload, failure::Failure, history::HistoryEvent, query::WorkflowQuery,
    workflowservice::PollWorkflowTaskQueueResponse as Task,
};
use tokio::sync::OwnedSemaphorePermit;

use super::{Shared, cache::Owned};
use crate::{
    client::{RpcFailure, history},
    panics,
    workflow::{Completion, Run, RunTask, TaskFailure},
};

/// Processes a task, and those that its completion brings.
pub(super) async fn run(worker: Arc<Shared>, task: Task, permit: OwnedSemaphorePermit) {
    let mut permit = Some(permit);
    let mut next = Some(task);
    while let Some(task) = next {
        next = worker.workflow_task(task, &mut permit).await;
    }
}

/// What a task is about, for messages and answers.
pub(super) struct About {
    pub(super) workflow_id: String,
    pub(super) run_id: String,
    pub(super) workflow_type: String,
    pub(super) token: bytes::Bytes,
    pub(super) attempt: i32,
}

impl About {
    fn of(task: &Task) -> Self {
        let execution = task.workflow_execution.clone().unwrap_or_default();
        Self {
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
            workflow_type: task.workflow_type.clone().unwrap_or_default().name,
            token: task.task_token.clone(),
            attempt: task.attempt,
        }
    }
}

/// What came of a task.
enum Done {
    /// An answer for the service.
    Completed(Completion),
    Failed(TaskFailure),
    /// The answer to a query outside of any task.
    Answered(Box<Result<RawPayload, Failure>>),
}

impl Shared {
    async fn workflow_task(
        &self,
        mut task: Task,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Option<Task> {
        let about = About::of(&task);
        let mut owned = self.cache.own(&about.run_id).await;
        let done = match self.events(&mut task, &about, &mut owned).await {
            Ok(events) => {
                let query = task.query.is_some();
                let done = self.process(task, &about, events, &mut owned);
                match (done, query) {
                    // the one who asks is told; there is no task to fail
                    (Done::Failed(failure), true) => {
                        self.forget(&about, &mut owned);
                        Done::Answered(Box::new(Err(*failure.failure)))
                    }
                    (done, _) => done,
                }
            }
            Err(failure) => {
                self.forget(&about, &mut owned);
                tracing::warn!(
                    workflow_id = %about.workflow_id, run_id = %about.run_id,
                    "the history of a workflow task could not be read, and the task will be handed out again: {}",
                    failure.message
                );
                return None;
            }
        };
        match done {
            Done::Completed(completion) => self.complete(&about, completion, owned).await,
            Done::Answered(answer) => {
                self.answer(&about, *answer).await;
                None
            }
            Done::Failed(failure) => {
                self.forget(&about, &mut owned);
                drop(owned);
                self.report_failure(&about, failure, permit).await;
                None
            }
        }
    }

    pub(super) fn forget(&self, about: &About, owned: &mut Owned) {
        self.cache.evict(&about.run_id);
        **owned = None;
    }

    /// The events that the run has not seen. A run that is not cached, or behind, begins anew with all of them.
    async fn events(
        &self,
        task: &mut Task,
        about: &About,
        owned: &mut Owned,
    ) -> Result<Vec<HistoryEvent>, RpcFailure> {
        let mut events = task.history.take().unwrap_or_default().events;
        let token = std::mem::take(&mut task.next_page_token);
        let first = events.first().map(|event| event.event_id);
        let fits = match (owned.as_ref().map(Run::next_event_id), first) {
            (Some(next), Some(first)) => first <= next,
            (Some(_), None) => true,
            (None, first) => first == Some(1),
        };
        let (id, run) = (&about.workflow_id, &about.run_id);
        if fits {
            if !token.is_empty() {
                events.extend(history::rest(&self.client, id, run, token).await?);
            }
            return Ok(events);
        }
        **owned = None;
        let mut all = history::fetch(&self.client, id, Some(run)).await?;
        // what is not stored yet, such as the start of a speculative task, came with the task only
        let last = all.last().map_or(0, |event| event.event_id);
        all.extend(events.into_iter().filter(|event| event.event_id > last));
        Ok(all)
    }

    /// Runs user code. A panic in here is a bug of ours, and fails the task like any other.
    fn process(
        &self,
        task: Task,
        about: &About,
        events: Vec<HistoryEvent>,
        owned: &mut Owned,
    ) -> Done {
        let processed = catch_unwind(AssertUnwindSafe(|| {
            self.run_task(task, about, events, owned)
        }));
        match processed {
            Ok(Ok(done)) => done,
            Ok(Err(failure)) => Done::Failed(failure),
            Err(panic) => Done::Failed(TaskFailure::new(&format!(
                "temporal-runtime itself failed on this task, which is a bug: {}",
                panics::message(&*panic)
            ))),
        }
    }

    fn run_task(
        &self,
        task: Task,
        about: &About,
        events: Vec<HistoryEvent>,
        owned: &mut Owned,
    ) -> Result<Done, TaskFailure> {
        let run = match owned.as_mut() {
            Some(run) => run,
            None => owned.insert(self.begin(about, &events)?),
        };
        let started_event_id = if task.query.is_some() {
            0
        } else {
            task.started_event_id
        };
        let completion = run.handle_task(RunTask {
            events,
            started_event_id,
            messages: task.messages,
            queries: task
                .queries
                .into_iter()
                .map(|(id, q)| query(id, q))
                .collect(),
        })?;
        Ok(match task.query {
            None => Done::Completed(completion),
            Some(asked) => {
                let (_, name, arguments) = query(String::new(), asked);
                Done::Answered(Box::new(run.query(&name, arguments)))
            }
        })
    }

    fn begin(&self, about: &About, events: &[HistoryEvent]) -> Result<Run, TaskFailure> {
        let Some(workflow) = self.plan.workflows.get(about.workflow_type.as_str()) else {
            let known: Vec<&str> = self.plan.workflows.keys().copied().collect();
            return Err(TaskFailure::new(&format!(
                "no workflow `{}` is registered on the task queue `{}`; known workflows: {}",
                about.workflow_type,
                self.plan.task_queue,
                known.join(", ")
            )));
        };
        Run::new(
            workflow,
            self.client.namespace(),
            &about.workflow_id,
            &about.run_id,
            events,
        )
    }
}

fn query(id: String, query: WorkflowQuery) -> (String, String, Vec<RawPayload>) {
    let arguments = query.query_args.unwrap_or_default().payloads;
    (id, query.query_type, arguments)
}
