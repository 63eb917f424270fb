//! A service that ends and begins again on the same file, through the public door.

#![cfg(feature = "sqlite")]
#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use temporal_protos::command::command::Attributes;
use temporal_protos::command::*;
use temporal_protos::common::{ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType};
use temporal_protos::enums::{CommandType, EventType, WorkflowExecutionStatus as Status};
use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
use temporal_protos::operatorservice::{AddSearchAttributesRequest, ListSearchAttributesRequest};
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use temporal_server::{Channel, Server, ServerHandle, ServerOptions, StartError, StoreError};
use tonic::{Code, Request};

type Client = WorkflowServiceClient<Channel>;

/// A file that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("durable-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("service.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over in a folder for temporary things harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn options(file: &Path) -> ServerOptions {
    let mut options = ServerOptions::default();
    options.db_filename = Some(file.to_owned());
    options
}

async fn service(file: &Path) -> (ServerHandle, Client) {
    let server = Server::start(options(file)).await.unwrap();
    let client = WorkflowServiceClient::new(server.channel());
    (server, client)
}

fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "q".into(),
        ..TaskQueue::default()
    })
}

fn execution(id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: id.into(),
        ..WorkflowExecution::default()
    })
}

fn poll<T>(request: T) -> Request<T> {
    let mut request = Request::new(request);
    request.set_timeout(Duration::from_secs(70));
    request
}

async fn start(client: &mut Client, id: &str) -> String {
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: id.into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: queue(),
        input: payloads("input"),
        request_id: format!("start of {id}"),
        ..Default::default()
    };
    let started = client.start_workflow_execution(request).await.unwrap();
    started.into_inner().run_id
}

async fn take(client: &mut Client) -> PollWorkflowTaskQueueResponse {
    let request = PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(),
        ..Default::default()
    };
    let polled = client.poll_workflow_task_queue(poll(request)).await;
    polled.unwrap().into_inner()
}

async fn take_activity(client: &mut Client) -> PollActivityTaskQueueResponse {
    let request = PollActivityTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(),
        ..Default::default()
    };
    let polled = client.poll_activity_task_queue(poll(request)).await;
    polled.unwrap().into_inner()
}

async fn complete(
    client: &mut Client,
    task: &PollWorkflowTaskQueueResponse,
    commands: Vec<Command>,
) {
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token.clone(),
        commands,
        ..Default::default()
    };
    client
        .respond_workflow_task_completed(request)
        .await
        .unwrap();
}

fn command(kind: CommandType, attributes: impl Into<Attributes>) -> Command {
    Command {
        command_type: kind.into(),
        attributes: Some(attributes.into()),
        ..Command::default()
    }
}

fn complete_workflow() -> Command {
    command(
        CommandType::CompleteWorkflowExecution,
        CompleteWorkflowExecutionCommandAttributes {
            result: payloads("result"),
        },
    )
}

fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![Payload {
            data: format!("\"{text}\"").into(),
            ..Payload::default()
        }],
    })
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

async fn history(client: &mut Client, id: &str) -> Vec<temporal_protos::history::HistoryEvent> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution(id),
        ..Default::default()
    };
    let page = client.get_workflow_execution_history(request).await;
    page.unwrap().into_inner().history.unwrap().events
}

async fn describe(client: &mut Client, id: &str) -> DescribeWorkflowExecutionResponse {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: execution(id),
    };
    let described = client.describe_workflow_execution(request).await;
    described.unwrap().into_inner()
}

/// The timer fired, the activity completed, and nothing is missing.
fn check_end(events: &[temporal_protos::history::HistoryEvent]) {
    let kinds: Vec<EventType> = events.iter().map(|event| event.event_type()).collect();
    assert!(
        kinds.contains(&EventType::TimerFired) && kinds.contains(&EventType::ActivityTaskCompleted)
    );
    assert_eq!(kinds.last(), Some(&EventType::WorkflowExecutionCompleted));
    assert!(
        events
            .iter()
            .enumerate()
            .all(|(place, event)| event.event_id == place as i64 + 1)
    );
}

#[tokio::test]
async fn tokens_timers_and_activities_go_on_after_a_restart() {
    let scratch = Scratch::new("tokens");
    let (server, mut client) = service(&scratch.file()).await;
    let run_id = start(&mut client, "w").await;
    let task = take(&mut client).await;
    let activity = command(
        CommandType::ScheduleActivityTask,
        ScheduleActivityTaskCommandAttributes {
            activity_id: "a".into(),
            activity_type: Some(ActivityType { name: "a".into() }),
            task_queue: queue(),
            start_to_close_timeout: seconds(60),
            heartbeat_timeout: seconds(60),
            ..Default::default()
        },
    );
    let timer = command(
        CommandType::StartTimer,
        StartTimerCommandAttributes {
            timer_id: "t".into(),
            start_to_fire_timeout: seconds(1),
        },
    );
    complete(&mut client, &task, vec![activity, timer]).await;
    let held = take_activity(&mut client).await;
    let beat = RecordActivityTaskHeartbeatRequest {
        task_token: held.task_token.clone(),
        details: payloads("so far"),
        ..Default::default()
    };
    client.record_activity_task_heartbeat(beat).await.unwrap();
    let before = history(&mut client, "w").await;
    server.shutdown().await;

    let (server, mut client) = service(&scratch.file()).await;
    assert_eq!(history(&mut client, "w").await, before);
    let pending = describe(&mut client, "w").await.pending_activities;
    assert_eq!(pending[0].heartbeat_details, payloads("so far"));
    // The timer comes due, and a worker that has the activity from before the restart answers it.
    let task = take(&mut client).await;
    let request = RespondActivityTaskCompletedRequest {
        task_token: held.task_token,
        result: payloads("done"),
        ..Default::default()
    };
    client
        .respond_activity_task_completed(request)
        .await
        .unwrap();
    server.shutdown().await;

    // A workflow task of before another restart is answered after it.
    let (_server, mut client) = service(&scratch.file()).await;
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        ..Default::default()
    };
    client
        .respond_workflow_task_completed(request)
        .await
        .unwrap();
    let task = take(&mut client).await;
    complete(&mut client, &task, vec![complete_workflow()]).await;
    check_end(&history(&mut client, "w").await);
    assert_eq!(
        start(&mut client, "w").await,
        run_id,
        "its request is known"
    );
}

#[tokio::test]
async fn namespaces_attributes_and_the_cluster_id_are_kept() {
    let scratch = Scratch::new("namespaces");
    let (server, mut client) = service(&scratch.file()).await;
    let cluster = |info: GetClusterInfoResponse| info.cluster_id;
    let id = cluster(
        client
            .get_cluster_info(GetClusterInfoRequest {})
            .await
            .unwrap()
            .into_inner(),
    );
    for name in ["kept", "dropped"] {
        let request = RegisterNamespaceRequest {
            namespace: name.into(),
            description: "for the test".into(),
            workflow_execution_retention_period: seconds(7200),
            ..Default::default()
        };
        client.register_namespace(request).await.unwrap();
    }
    let mut operator = OperatorServiceClient::new(server.channel());
    let request = AddSearchAttributesRequest {
        namespace: "kept".into(),
        search_attributes: [("Color".to_owned(), 2)].into(),
    };
    operator.add_search_attributes(request).await.unwrap();
    let request = temporal_protos::operatorservice::DeleteNamespaceRequest {
        namespace: "dropped".into(),
        ..Default::default()
    };
    operator.delete_namespace(request).await.unwrap();
    server.shutdown().await;

    let (server, mut client) = service(&scratch.file()).await;
    let again = cluster(
        client
            .get_cluster_info(GetClusterInfoRequest {})
            .await
            .unwrap()
            .into_inner(),
    );
    assert_eq!(again, id);
    let describe = |name: &str| DescribeNamespaceRequest {
        namespace: name.into(),
        ..Default::default()
    };
    let kept = client
        .describe_namespace(describe("kept"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(kept.namespace_info.unwrap().description, "for the test");
    assert_eq!(
        kept.config.unwrap().workflow_execution_retention_ttl,
        seconds(7200)
    );
    let gone = client
        .describe_namespace(describe("dropped"))
        .await
        .unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
    let mut operator = OperatorServiceClient::new(server.channel());
    let request = ListSearchAttributesRequest {
        namespace: "kept".into(),
    };
    let listed = operator
        .list_search_attributes(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.custom_attributes.get("Color"), Some(&2));
}

#[tokio::test]
async fn closed_workflows_beyond_the_bound_are_read_back_and_deleted_ones_are_not() {
    let scratch = Scratch::new("closed");
    let mut small = options(&scratch.file());
    small.closed_bytes = 10_000;
    let server = Server::start(small.clone()).await.unwrap();
    let mut client = WorkflowServiceClient::new(server.channel());
    for number in 0..20 {
        start(&mut client, &format!("w{number}")).await;
        let task = take(&mut client).await;
        complete(&mut client, &task, vec![complete_workflow()]).await;
    }
    let mut histories = Vec::new();
    for number in 0..20 {
        let id = format!("w{number}");
        let events = history(&mut client, &id).await;
        assert_eq!(events.len(), 5, "{id}");
        assert_eq!(
            describe(&mut client, &id)
                .await
                .workflow_execution_info
                .unwrap()
                .status(),
            Status::Completed
        );
        histories.push(events);
    }
    let delete = DeleteWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("w3"),
    };
    client.delete_workflow_execution(delete).await.unwrap();
    server.shutdown().await;

    let server = Server::start(small).await.unwrap();
    let mut client = WorkflowServiceClient::new(server.channel());
    let count = CountWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: "ExecutionStatus = 'Completed'".into(),
    };
    let counted = client.count_workflow_executions(count).await.unwrap();
    assert_eq!(counted.into_inner().count, 19);
    for (number, events) in histories.iter().enumerate() {
        if number != 3 {
            assert_eq!(history(&mut client, &format!("w{number}")).await, *events);
        }
    }
    // An id whose run is only in the file is taken, or used, as any other.
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w7".into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: queue(),
        request_id: "another".into(),
        workflow_id_reuse_policy: 3,
        ..Default::default()
    };
    let refused = client.start_workflow_execution(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_file_serves_one_service() {
    let scratch = Scratch::new("one");
    let (server, mut client) = service(&scratch.file()).await;
    start(&mut client, "w").await;
    let second = Server::start(options(&scratch.file())).await.unwrap_err();
    assert!(
        matches!(second, StartError::Store(StoreError::InUse { pid: Some(pid), .. }) if pid == std::process::id()),
        "{second}"
    );
    drop(server);
    let (_server, mut client) = service(&scratch.file()).await;
    let info = describe(&mut client, "w")
        .await
        .workflow_execution_info
        .unwrap();
    assert_eq!(info.status(), Status::Running);
}
