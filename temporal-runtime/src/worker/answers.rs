//! What came of a workflow task, on its way to the service: its completion, its failure, the answer to a query.

use std::{sync::Arc, time::Duration};

use temporal_protos::{
    command::{Command, command::Attributes},
    common::{Payload as RawPayload, Payloads, WorkerVersionStamp},
    enums::{QueryResultType, WorkflowTaskFailedCause},
    failure::Failure,
    query::WorkflowQueryResult,
    sdk::WorkflowTaskCompletedMetadata,
    taskqueue::StickyExecutionAttributes,
    workflowservice::{
        PollWorkflowTaskQueueResponse as Task, RespondQueryTaskCompletedRequest,
        RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskFailedRequest,
        respond_workflow_task_completed_request::Capabilities,
    },
};

use super::{Shared, cache::Owned, local_activities::Waited, slots::Slot, workflow_tasks::About};
use crate::{
    client::{Call, Code, RpcFailure},
    convert::{Coding, proto_duration},
    machine::lists_patches,
    workflow::{Completion, QueryAnswer, TaskFailure},
};

/// How long a second and later failure of the same task is kept back: the service would hand it out again at once.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

impl Shared {
    /// Sends a completion, and gives the task that the service hands out with its answer.
    pub(super) async fn complete(
        self: &Arc<Self>,
        about: &About,
        completion: Completion,
        waited: Waited,
        (owned, slot): (&mut Owned, &mut Option<Slot>),
    ) -> Option<Task> {
        let closed = completion.closed;
        let mut request = self.completion(about, completion, waited);
        let slots = self.request_eager(&mut request.commands);
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
                self.run_eager(answer.activity_tasks, slots);
                if let (true, Some(run)) = (answer.reset_history_event_id > 0, owned.run_mut()) {
                    run.rewind(answer.reset_history_event_id);
                }
                let next = answer
                    .workflow_task
                    .filter(|task| !task.task_token.is_empty());
                // local activities run on only if the next task is ours
                let kept = match waited {
                    Waited::Over => !self.cache.is_off(),
                    Waited::Heartbeat => next.is_some(),
                    Waited::GivenUp => false,
                };
                if closed || !kept {
                    owned.forget();
                }
                next
            }
            Err(failure) => {
                owned.forget();
                self.refused(about, failure, slot).await;
                None
            }
        }
    }

    fn completion(
        &self,
        about: &About,
        mut completion: Completion,
        waited: Waited,
    ) -> RespondWorkflowTaskCompletedRequest {
        if !self.plan.instead_of.is_empty() {
            completion
                .commands
                .iter_mut()
                .for_each(|c| self.on_one_queue(c));
        }
        let core_used_flags = flags(&completion.commands);
        let goes_on = match waited {
            Waited::Over => !self.shutdown.is_requested(),
            // what runs here is not left before its time is over
            Waited::Heartbeat => true,
            Waited::GivenUp => false,
        };
        let stays = goes_on && !self.shutdown.is_requested();
        let sticky = stays && !self.cache.is_off() && !completion.closed;
        RespondWorkflowTaskCompletedRequest {
            task_token: about.token.clone(),
            commands: completion.commands,
            messages: completion.messages,
            query_results: completion
                .answers
                .into_iter()
                .map(|answer| query_result(answer, self.client.connection().coding()))
                .collect(),
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            sticky_attributes: sticky.then(|| StickyExecutionAttributes {
                worker_task_queue: Some(self.own_queue()),
                schedule_to_start_timeout: Some(proto_duration(self.options.sticky_timeout)),
            }),
            return_new_workflow_task: goes_on,
            force_create_new_workflow_task: waited != Waited::Over,
            sdk_metadata: Some(WorkflowTaskCompletedMetadata {
                sdk_name: "temporal-rust".to_owned(),
                sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
                core_used_flags,
                ..WorkflowTaskCompletedMetadata::default()
            }),
            capabilities: Some(Capabilities {
                discard_speculative_workflow_task_with_events: true,
            }),
            worker_instance_key: self.instance_key.clone(),
            worker_version_stamp: self.options.build_id.clone().map(|build_id| {
                WorkerVersionStamp {
                    build_id,
                    ..WorkerVersionStamp::default()
                }
            }),
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
            Some(Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(a)) => {
                a.task_queue.as_mut()
            }
            _ => None,
        };
        if let Some(queue) = queue.filter(|q| self.plan.instead_of.contains(q.name.as_str())) {
            queue.name.clone_from(&self.plan.task_queue);
        }
    }

    /// The service did not take a completion.
    async fn refused(&self, about: &About, failure: RpcFailure, slot: &mut Option<Slot>) {
        if failure.coding.is_some() {
            let not_encoded = TaskFailure::new(&failure.message);
            self.report_failure(about, not_encoded, slot).await;
        } else if failure.is_too_large() {
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
    pub(super) async fn report_failure(
        &self,
        about: &About,
        failure: TaskFailure,
        permit: &mut Option<Slot>,
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
        let cause = failure.cause.into();
        let request = |failure| RespondWorkflowTaskFailedRequest {
            task_token: about.token.clone(),
            cause,
            failure: Some(failure),
            identity: self.identity.clone(),
            namespace: self.client.namespace().to_owned(),
            ..Default::default()
        };
        let (connection, namespace) = (self.client.connection(), self.client.namespace());
        let mut answer = connection
            .respond_workflow_task_failed(request(*failure.failure), namespace, Call::Unary)
            .await;
        if let Err(RpcFailure {
            coding: Some(_),
            message,
            ..
        }) = &answer
        {
            // what cannot be encoded is not sent; that it could not be is no secret
            let bare = *TaskFailure::new(message).failure;
            answer = connection
                .uncoded()
                .respond_workflow_task_failed(request(bare), namespace, Call::Unary)
                .await;
        }
        if let Err(failure) = answer {
            tracing::debug!(
                workflow_id = %about.workflow_id, run_id = %about.run_id,
                "the failure of a workflow task was not taken: {}", failure.message
            );
        }
    }

    pub(super) async fn answer(&self, about: &About, answer: Result<RawPayload, Failure>) {
        let connection = self.client.connection();
        let request = |answer| {
            let (kind, result, failure) = match answer {
                Ok(payload) => (QueryResultType::Answered, Some(payload), None),
                Err(failure) => (QueryResultType::Failed, None, Some(failure)),
            };
            RespondQueryTaskCompletedRequest {
                task_token: about.token.clone(),
                completed_type: kind.into(),
                query_result: result.map(|p| Payloads { payloads: vec![p] }),
                error_message: error_message(connection.coding(), failure.as_ref()),
                failure,
                namespace: self.client.namespace().to_owned(),
                ..Default::default()
            }
        };
        let namespace = self.client.namespace();
        let mut sent = connection
            .respond_query_task_completed(request(answer), namespace, Call::Unary)
            .await;
        if let Err(RpcFailure {
            coding: Some(_),
            message,
            ..
        }) = &sent
        {
            let bare = Err(*TaskFailure::new(message).failure);
            sent = connection
                .uncoded()
                .respond_query_task_completed(request(bare), namespace, Call::Unary)
                .await;
        }
        if let Err(failure) = sent {
            tracing::debug!(
                workflow_id = %about.workflow_id,
                "the answer to a query was not taken: {}", failure.message
            );
        }
    }
}

fn error_message(coding: &Coding, failure: Option<&Failure>) -> String {
    failure.map_or_else(String::new, |failure| coding.text_of(&failure.message))
}

/// The official core expects the search attribute of a patch on replay only where the history has this flag.
fn flags(commands: &[Command]) -> Vec<u32> {
    const LISTS_PATCHES: u32 = 2;
    let lists = |command: &Command| match &command.attributes {
        Some(Attributes::UpsertWorkflowSearchAttributesCommandAttributes(a)) => {
            lists_patches(a.search_attributes.as_ref())
        }
        _ => false,
    };
    if commands.iter().any(lists) {
        vec![LISTS_PATCHES]
    } else {
        Vec::new()
    }
}

fn query_result(answer: QueryAnswer, coding: &Coding) -> (String, WorkflowQueryResult) {
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
            error_message: error_message(coding, Some(&failure)),
            failure: Some(failure),
            ..WorkflowQueryResult::default()
        },
    };
    (answer.id, result)
}
