//! What tests through the public door share: a service in this process, a client, and a worker played by hand.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::PathBuf;
use std::time::Duration;

use temporal_protos::command::command::Attributes;
use temporal_protos::command::*;
use temporal_protos::common::{Payload, Payloads, WorkflowExecution, WorkflowType};
use temporal_protos::enums::CommandType;
use temporal_protos::history::HistoryEvent;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use temporal_server::{Channel, Server, ServerHandle, ServerOptions};
use tonic::{Code, Request, Status};

pub(crate) type Client = WorkflowServiceClient<Channel>;

pub(crate) async fn service(options: ServerOptions) -> (ServerHandle, Client) {
    let server = Server::start(options).await.unwrap();
    let client = WorkflowServiceClient::new(server.channel());
    (server, client)
}

/// A file that is gone after the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("service-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("service.db")
    }

    /// A service that keeps its runs here.
    pub(crate) fn options(&self) -> ServerOptions {
        let mut options = ServerOptions::default();
        options.db_filename = Some(self.file());
        options
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over in a folder for temporary things harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue {
        name: name.into(),
        ..TaskQueue::default()
    })
}

pub(crate) fn execution(id: &str) -> Option<WorkflowExecution> {
    run(id, "")
}

pub(crate) fn run(id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: id.into(),
        run_id: run_id.into(),
    })
}

pub(crate) fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![Payload {
            data: format!("\"{text}\"").into(),
            ..Payload::default()
        }],
    })
}

pub(crate) fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

pub(crate) fn command(kind: CommandType, attributes: impl Into<Attributes>) -> Command {
    Command {
        command_type: kind.into(),
        attributes: Some(attributes.into()),
        ..Command::default()
    }
}

pub(crate) fn complete_workflow() -> Command {
    command(
        CommandType::CompleteWorkflowExecution,
        CompleteWorkflowExecutionCommandAttributes {
            result: payloads("result"),
        },
    )
}

/// A start of a workflow on the queue `q`.
pub(crate) fn new_workflow(id: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: id.into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: queue("q"),
        ..Default::default()
    }
}

pub(crate) async fn start(client: &mut Client, id: &str) -> String {
    let started = client.start_workflow_execution(new_workflow(id)).await;
    started.unwrap().into_inner().run_id
}

/// A poll with the time that SDKs give it.
pub(crate) fn poll<T>(request: T) -> Request<T> {
    let mut request = Request::new(request);
    request.set_timeout(Duration::from_secs(70));
    request
}

pub(crate) fn poll_workflow(name: &str) -> Request<PollWorkflowTaskQueueRequest> {
    poll(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(name),
        identity: "worker".into(),
        ..Default::default()
    })
}

pub(crate) fn poll_activity() -> Request<PollActivityTaskQueueRequest> {
    poll(PollActivityTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("q"),
        identity: "worker".into(),
        ..Default::default()
    })
}

/// Takes the next workflow task of the queue `q`.
pub(crate) async fn take(client: &mut Client) -> PollWorkflowTaskQueueResponse {
    let polled = client.poll_workflow_task_queue(poll_workflow("q")).await;
    polled.unwrap().into_inner()
}

/// Takes the next activity of the queue `q`.
pub(crate) async fn take_activity(client: &mut Client) -> PollActivityTaskQueueResponse {
    let polled = client.poll_activity_task_queue(poll_activity()).await;
    polled.unwrap().into_inner()
}

/// Answers a workflow task.
pub(crate) async fn answer(
    client: &mut Client,
    task: &PollWorkflowTaskQueueResponse,
    commands: Vec<Command>,
) -> Result<(), Status> {
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token.clone(),
        commands,
        ..Default::default()
    };
    let answer = client.respond_workflow_task_completed(request).await;
    answer.map(drop)
}

/// Answers a workflow task, and is not refused.
pub(crate) async fn complete(
    client: &mut Client,
    task: &PollWorkflowTaskQueueResponse,
    commands: Vec<Command>,
) {
    answer(client, task, commands).await.unwrap();
}

/// Takes the next workflow task of a queue, and answers it.
pub(crate) async fn step(
    client: &mut Client,
    name: &str,
    commands: Vec<Command>,
) -> Result<(), Status> {
    let polled = client.poll_workflow_task_queue(poll_workflow(name)).await;
    answer(client, &polled?.into_inner(), commands).await
}

pub(crate) async fn signal(
    client: &mut Client,
    id: &str,
    name: &str,
    input: Option<Payloads>,
) -> Result<(), Status> {
    let request = SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(id),
        signal_name: name.into(),
        input,
        ..Default::default()
    };
    client.signal_workflow_execution(request).await.map(drop)
}

/// The events of a run; the newest one's without an id.
pub(crate) async fn history(client: &mut Client, id: &str, run_id: &str) -> Vec<HistoryEvent> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: run(id, run_id),
        ..Default::default()
    };
    let page = client.get_workflow_execution_history(request).await;
    page.unwrap().into_inner().history.unwrap().events
}

pub(crate) async fn describe(client: &mut Client, id: &str) -> DescribeWorkflowExecutionResponse {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: execution(id),
    };
    let described = client.describe_workflow_execution(request).await;
    described.unwrap().into_inner()
}

/// How many workflows a List Filter finds.
pub(crate) async fn count(client: &mut Client, query: &str) -> i64 {
    let request = CountWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: query.into(),
    };
    let counted = client.count_workflow_executions(request).await;
    counted.unwrap().into_inner().count
}

/// The code and the text of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.unwrap_err();
    (status.code(), status.message().to_owned())
}
