//! One workflow task: get the history it needs, run the workflow on it, report what came of it.
//!
//! A run is owned while its task is processed, until the service has taken the answer. Whatever goes wrong evicts it:
//! the next task replays it from its history.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use temporal_protos::{
    command::{Command, command::Attributes},
    common::{Payload as RawPayload, Payloads},
    enums::{QueryResultType, WorkflowTaskFailedCause},
    failure::Failure,
    history::HistoryEvent,
    query::{WorkflowQuery, WorkflowQueryResult},
    sdk::WorkflowTaskCompletedMetadata,
    taskqueue::StickyExecutionAttributes,
    workflowservice::{
        PollWorkflowTaskQueueResponse as Task, RespondQueryTaskCompletedRequest,
        RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskFailedRequest,
        respond_workflow_task_completed_request::Capabilities,
    },
};
use tokio::sync::OwnedSemaphorePermit;

use super::{Shared, cache::Owned};
use crate::{
    client::{Call, Code, RpcFailure, history},
    convert::proto_duration,
    panics,
    workflow::{Completion, QueryAnswer, Run, RunTask, TaskFailure},
};

/// How long a second and later failure of the same task is kept back: the service would hand it out again at once.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Processes a task, and those that its completion brings.
pub(super) async fn run(worker: Arc<Shared>, task: Task, permit: OwnedSemaphorePermit) {
    let mut permit = Some(permit);
    let mut next = Some(task);
    while let Some(task) = next {
        next = worker.workflow_task(task, &mut permit).await;
    }
}

/// What a task is about, for messages and answers.
struct About {
    workflow_id: String,
    run_id: String,
    workflow_type: String,
    token: bytes::Bytes,
    attempt: i32,
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

    fn forget(&self, about: &About, owned: &mut Owned) {
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

    // ---- answers ------------------------------------------------------------------------------------------------

    async fn complete(
        &self,
        about: &About,
        completion: Completion,
        mut owned: Owned,
    ) -> Option<Task> {
        let closed = completion.closed;
        let request = self.completion(about, completion);
        let answer = self
            .client
            .connection()
            .respond_workflow_task_completed(request, self.client.namespace(), Call::Unary)
            .await;
        match answer {
            Ok(answer) => {
                if let Some(stuck) = self.client.stuck() {
                    stuck.went_on(&about.workflow_id);
                }
                if let (true, Some(run)) = (answer.reset_history_event_id > 0, owned.as_mut()) {
                    run.rewind(answer.reset_history_event_id);
                }
                if closed || self.cache.is_off() {
                    self.forget(about, &mut owned);
                }
                answer
                    .workflow_task
                    .filter(|task| !task.task_token.is_empty())
            }
            Err(failure) => {
                self.forget(about, &mut owned);
                self.refused(about, failure).await;
                None
            }
        }
    }

    fn completion(
        &self,
        about: &About,
        mut completion: Completion,
    ) -> RespondWorkflowTaskCompletedRequest {
        if !self.plan.instead_of.is_empty() {
            completion
                .commands
                .iter_mut()
                .for_each(|c| self.on_one_queue(c));
        }
        let stays = !self.shutdown.is_requested();
        let sticky = stays && !self.cache.is_off() && !completion.closed;
        RespondWorkflowTaskCompletedRequest {
            task_token: about.token.clone(),
            commands: completion.commands,
            messages: completion.messages,
            query_results: completion.answers.into_iter().map(query_result).collect(),
            identity: self.client.identity().to_owned(),
            namespace: self.client.namespace().to_owned(),
            sticky_attributes: sticky.then(|| StickyExecutionAttributes {
                worker_task_queue: Some(self.own_queue()),
                schedule_to_start_timeout: Some(proto_duration(self.options.sticky_timeout)),
            }),
            return_new_workflow_task: stays,
            sdk_metadata: Some(WorkflowTaskCompletedMetadata {
                sdk_name: "temporal-rust".to_owned(),
                sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
                ..WorkflowTaskCompletedMetadata::default()
            }),
            capabilities: Some(Capabilities {
                discard_speculative_workflow_task_with_events: true,
            }),
            worker_instance_key: self.instance_key.clone(),
            ..Default::default()
        }
    }

    /// In a test environment one queue stands for all that definitions name.
    fn on_one_queue(&self, command: &mut Command) {
        let queue = match &mut command.attributes {
            Some(Attributes::ScheduleActivityTaskCommandAttributes(a)) => a.task_queue.as_mut(),
            Some(Attributes::StartChildWorkflowExecutionCommandAttributes(a)) => {
                a.task_queue.as_mut()
            }
            _ => None,
        };
        if let Some(queue) = queue.filter(|q| self.plan.instead_of.contains(q.name.as_str())) {
            queue.name.clone_from(&self.plan.task_queue);
        }
    }

    /// The service did not take a completion.
    async fn refused(&self, about: &About, failure: RpcFailure) {
        if failure.is_too_large() {
            let mut too_large = TaskFailure::new(&format!(
                "what the workflow task gave is larger than the service takes in one message: {}",
                failure.message
            ));
            too_large.cause = WorkflowTaskFailedCause::GrpcMessageTooLarge;
            self.fail(about, too_large).await;
        } else if failure.code == Code::NotFound {
            // it timed out, or the run was closed from outside: whoever has it now goes on
            tracing::debug!(
                workflow_id = %about.workflow_id, run_id = %about.run_id,
                "a workflow task was over before it was completed: {}", failure.message
            );
        } else {
            tracing::warn!(
                workflow_id = %about.workflow_id, run_id = %about.run_id,
                "the service did not take a workflow task: {} ({})", failure.message, failure.code.name()
            );
        }
    }

    /// The first failure is reported at once. A later one is kept back for a while, without holding a slot.
    async fn report_failure(
        &self,
        about: &About,
        failure: TaskFailure,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) {
        tracing::error!(
            workflow_type = %about.workflow_type, workflow_id = %about.workflow_id, run_id = %about.run_id,
            attempt = about.attempt,
            "a workflow task failed and will be handed out again: {}", failure.failure.message
        );
        if let Some(stuck) = self.client.stuck() {
            stuck.failed(&about.workflow_id, about.attempt, &failure.failure.message);
        }
        if about.attempt > 1 {
            drop(permit.take());
            let doubled =
                2_u32.saturating_pow(u32::try_from(about.attempt - 2).unwrap_or_default());
            let delay = FIRST_BACKOFF.saturating_mul(doubled).min(LONGEST_BACKOFF);
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.shutdown.requested() => {}
            }
        }
        self.fail(about, failure).await;
    }

    async fn fail(&self, about: &About, failure: TaskFailure) {
        let request = RespondWorkflowTaskFailedRequest {
            task_token: about.token.clone(),
            cause: failure.cause.into(),
            failure: Some(*failure.failure),
            identity: self.client.identity().to_owned(),
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        let answer = self
            .client
            .connection()
            .respond_workflow_task_failed(request, self.client.namespace(), Call::Unary)
            .await;
        if let Err(failure) = answer {
            tracing::debug!(
                workflow_id = %about.workflow_id, run_id = %about.run_id,
                "the failure of a workflow task was not taken: {}", failure.message
            );
        }
    }

    async fn answer(&self, about: &About, answer: Result<RawPayload, Failure>) {
        let (kind, result, failure) = match answer {
            Ok(payload) => (QueryResultType::Answered, Some(payload), None),
            Err(failure) => (QueryResultType::Failed, None, Some(failure)),
        };
        let request = RespondQueryTaskCompletedRequest {
            task_token: about.token.clone(),
            completed_type: kind.into(),
            query_result: result.map(|p| Payloads { payloads: vec![p] }),
            error_message: failure
                .as_ref()
                .map(|f| f.message.clone())
                .unwrap_or_default(),
            failure,
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        let answer = self
            .client
            .connection()
            .respond_query_task_completed(request, self.client.namespace(), Call::Unary)
            .await;
        if let Err(failure) = answer {
            tracing::debug!(
                workflow_id = %about.workflow_id,
                "the answer to a query was not taken: {}", failure.message
            );
        }
    }
}

fn query(id: String, query: WorkflowQuery) -> (String, String, Vec<RawPayload>) {
    let arguments = query.query_args.unwrap_or_default().payloads;
    (id, query.query_type, arguments)
}

fn query_result(answer: QueryAnswer) -> (String, WorkflowQueryResult) {
    let result = match answer.result {
        Ok(payload) => WorkflowQueryResult {
            result_type: QueryResultType::Answered.into(),
            answer: Some(Payloads {
                payloads: vec![payload],
            }),
            ..WorkflowQueryResult::default()
        },
        Err(failure) => WorkflowQueryResult {
            result_type: QueryResultType::Failed.into(),
            error_message: failure.message.clone(),
            failure: Some(failure),
            ..WorkflowQueryResult::default()
        },
    };
    (answer.id, result)
}
