//! Workers and their workflow tasks.

use std::time::Duration;

use temporal_protos::command::Command;
use temporal_protos::enums::{CommandType, EventType, QueryResultType};
use temporal_protos::protocol::Message;
use temporal_protos::query::WorkflowQueryResult;
use temporal_protos::taskqueue::StickyExecutionAttributes;
use temporal_protos::update::{Acceptance, Meta, Outcome, Rejection, Response, outcome};
use temporal_protos::workflowservice::*;

use super::network::Client;
use super::{Program, What, World, failure, payloads, queue, seconds};
use crate::driver::PollingWorker;

/// A worker, with what it has and has not answered.
pub(super) struct Worker {
    pub(super) identity: String,
    sticky: String,
    tasks: Vec<PollWorkflowTaskQueueResponse>,
    pub(super) activities: Vec<PollActivityTaskQueueResponse>,
}

impl Worker {
    pub(super) fn new(number: usize) -> Self {
        Self {
            identity: format!("worker-{number}"),
            sticky: format!("sticky-{number}"),
            tasks: Vec::new(),
            activities: Vec::new(),
        }
    }

    pub(super) fn polling(&self) -> PollingWorker<'_> {
        PollingWorker {
            identity: &self.identity,
            instance: "",
            rate: None,
            build: None,
        }
    }

    pub(super) fn tokens(&self) -> Vec<bytes::Bytes> {
        let tasks = self.tasks.iter().map(|task| &task.task_token);
        let activities = self.activities.iter().map(|task| &task.task_token);
        tasks.chain(activities).cloned().collect()
    }

    /// The worker is gone, and another one takes its place.
    pub(super) fn forget(&mut self) -> usize {
        let tasks = self.tasks.len() + self.activities.len();
        self.tasks.clear();
        self.activities.clear();
        tasks
    }
}

impl Program {
    pub(super) async fn workflow_task(&mut self, world: &mut World) {
        let place = self.random.below(self.workers.len());
        let worker = &self.workers[place];
        let name = match self.random.below(3) {
            0 => worker.sticky.as_str(),
            _ => "q",
        };
        let polled = world
            .driver
            .poll_workflow_task(&world.namespace, name, worker.polling(), Duration::ZERO)
            .await
            .unwrap();
        let polled = polled.map(|polled| polled.task.into_proto());
        self.workers[place].tasks.extend(polled);
        world.note().await;
        // Some tasks are kept, and what comes meanwhile is buffered.
        if self.workers[place].tasks.is_empty() || self.random.once_in(3) {
            return;
        }
        let tasks = &mut self.workers[place].tasks;
        let task = tasks.remove(self.random.below(tasks.len()));
        if task.query.is_some() {
            self.answer_query(world, task).await;
        } else if self.random.once_in(12) {
            let request = RespondWorkflowTaskFailedRequest {
                task_token: task.task_token,
                failure: Some(failure()),
                ..Default::default()
            };
            let send = async |client: &mut Client, request| {
                client.respond_workflow_task_failed(request).await
            };
            drop(self.call(world, request, send).await);
        } else {
            self.complete(world, place, task).await;
        }
    }

    async fn answer_query(&mut self, world: &mut World, task: PollWorkflowTaskQueueResponse) {
        let request = RespondQueryTaskCompletedRequest {
            task_token: task.task_token,
            completed_type: QueryResultType::Answered.into(),
            query_result: payloads("answer"),
            namespace: "default".into(),
            ..Default::default()
        };
        let send =
            async |client: &mut Client, request| client.respond_query_task_completed(request).await;
        drop(self.call(world, request, send).await);
    }

    async fn complete(
        &mut self,
        world: &mut World,
        place: usize,
        task: PollWorkflowTaskQueueResponse,
    ) {
        let messages = task.messages.iter();
        let messages: Vec<Message> = messages.flat_map(|message| self.answer(message)).collect();
        let count = self.random.below(4);
        let mut commands: Vec<_> = (0..count).map(|_| self.command(&task)).collect();
        let mut ends = None;
        if let Some(last) = (commands.iter()).position(|command| end_of(command).is_some()) {
            ends = end_of(&commands[last]);
            commands.truncate(last + 1);
        }
        let answers = task.queries.keys().map(|id| {
            let answer = WorkflowQueryResult {
                result_type: QueryResultType::Answered.into(),
                answer: payloads("answer"),
                ..Default::default()
            };
            (id.clone(), answer)
        });
        let identity = self.unique(&self.workers[place].identity.clone());
        let has_commands = !commands.is_empty();
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            identity: identity.clone(),
            commands,
            messages,
            query_results: answers.collect(),
            sticky_attributes: self.random.once_in(2).then(|| StickyExecutionAttributes {
                worker_task_queue: queue(&self.workers[place].sticky),
                schedule_to_start_timeout: Some(seconds(5)),
            }),
            return_new_workflow_task: self.faults.is_some() && self.random.once_in(2),
            force_create_new_workflow_task: self.faults.is_some() && self.random.once_in(9),
            ..Default::default()
        };
        let send = async |client: &mut Client, request| {
            client.respond_workflow_task_completed(request).await
        };
        let answer = self.call(world, request, send).await;
        // A second completion finds no task.
        let was_taken = answer.last.is_ok() || answer.lost.is_some();
        if let (true, true, Some(of)) = (was_taken, has_commands, &task.workflow_execution) {
            let what = What::TaskCompleted(identity, ends);
            self.ledger.note(&of.workflow_id, &of.run_id, what);
        }
        if let Ok(more) = answer.last {
            let worker = &mut self.workers[place];
            worker.tasks.extend(more.workflow_task);
            worker.activities.extend(more.activity_tasks);
        }
    }

    fn answer(&mut self, message: &Message) -> Vec<Message> {
        let id = &message.protocol_instance_id;
        let reply = |suffix: &str, body: Result<prost_types::Any, prost::EncodeError>| Message {
            id: format!("{id}/{suffix}"),
            protocol_instance_id: id.clone(),
            body: body.ok(),
            ..Default::default()
        };
        if self.random.once_in(4) {
            let rejection = Rejection {
                failure: Some(failure()),
                ..Default::default()
            };
            return vec![reply("reject", prost_types::Any::from_msg(&rejection))];
        }
        let acceptance = Acceptance {
            accepted_request_message_id: message.id.clone(),
            ..Default::default()
        };
        let mut answers = vec![reply("accept", prost_types::Any::from_msg(&acceptance))];
        if self.random.once_in(2) {
            let response = Response {
                meta: Some(Meta {
                    update_id: id.clone(),
                    ..Default::default()
                }),
                outcome: Some(Outcome {
                    value: payloads("updated").map(outcome::Value::Success),
                }),
            };
            answers.push(reply("complete", prost_types::Any::from_msg(&response)));
        }
        answers
    }
}

/// How a run ends that issues this command.
fn end_of(command: &Command) -> Option<EventType> {
    match command.command_type() {
        CommandType::CompleteWorkflowExecution => Some(EventType::WorkflowExecutionCompleted),
        CommandType::FailWorkflowExecution => Some(EventType::WorkflowExecutionFailed),
        CommandType::CancelWorkflowExecution => Some(EventType::WorkflowExecutionCanceled),
        CommandType::ContinueAsNewWorkflowExecution => {
            Some(EventType::WorkflowExecutionContinuedAsNew)
        }
        _ => None,
    }
}
