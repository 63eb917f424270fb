//! Workers as the service sees them: heartbeats, polls that end, and how much a queue gives.

use std::time::{Duration, Instant};

use temporal_protos::command::command::Attributes as C;
use temporal_protos::command::{Command, ScheduleActivityTaskCommandAttributes};
use temporal_protos::common::{ActivityType, WorkflowType};
use temporal_protos::enums::{CommandType, DescribeTaskQueueMode, RateLimitSource, TaskQueueType};
use temporal_protos::taskqueue::{
    RateLimit, TaskQueue, TaskQueueMetadata, TaskQueueVersionSelection,
};
use temporal_protos::workflowservice::update_task_queue_config_request::RateLimitUpdate;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use temporal_server::{Channel, Server, ServerHandle, ServerOptions};
use tonic::Request;

type Client = WorkflowServiceClient<Channel>;

async fn service() -> (ServerHandle, Client) {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let client = WorkflowServiceClient::new(server.channel());
    (server, client)
}

fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "q".into(),
        ..TaskQueue::default()
    })
}

fn poll_workflow(instance: &str) -> Request<PollWorkflowTaskQueueRequest> {
    let mut poll = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(),
        worker_instance_key: instance.into(),
        ..Default::default()
    });
    poll.set_timeout(Duration::from_secs(60));
    poll
}

fn poll_activity(rate: Option<f64>) -> Request<PollActivityTaskQueueRequest> {
    let mut poll = Request::new(PollActivityTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(),
        identity: "worker".into(),
        task_queue_metadata: rate.map(|rate| TaskQueueMetadata {
            max_tasks_per_second: Some(rate),
        }),
        ..Default::default()
    });
    poll.set_timeout(Duration::from_secs(60));
    poll
}

fn describe() -> DescribeTaskQueueRequest {
    DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(),
        task_queue_type: TaskQueueType::Activity.into(),
        report_stats: true,
        report_config: true,
        include_task_queue_status: true,
        ..Default::default()
    }
}

fn limit(rate: Option<f32>) -> UpdateTaskQueueConfigRequest {
    UpdateTaskQueueConfigRequest {
        namespace: "default".into(),
        task_queue: "q".into(),
        task_queue_type: TaskQueueType::Activity.into(),
        update_queue_rate_limit: Some(RateLimitUpdate {
            rate_limit: rate.map(|requests_per_second| RateLimit {
                requests_per_second,
            }),
            reason: "test".into(),
        }),
        ..Default::default()
    }
}

async fn start(client: &mut Client) {
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: queue(),
        ..Default::default()
    };
    client.start_workflow_execution(request).await.unwrap();
}

/// A workflow with so many activities.
async fn activities(client: &mut Client, count: usize) {
    start(client).await;
    let task = client
        .poll_workflow_task_queue(poll_workflow(""))
        .await
        .unwrap()
        .into_inner();
    let schedule = |number: usize| Command {
        command_type: CommandType::ScheduleActivityTask.into(),
        attributes: Some(C::from(ScheduleActivityTaskCommandAttributes {
            activity_id: number.to_string(),
            activity_type: Some(ActivityType { name: "a".into() }),
            task_queue: queue(),
            start_to_close_timeout: Some(prost_types::Duration {
                seconds: 60,
                nanos: 0,
            }),
            ..Default::default()
        })),
        ..Command::default()
    };
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        commands: (0..count).map(schedule).collect(),
        ..Default::default()
    };
    client
        .respond_workflow_task_completed(request)
        .await
        .unwrap();
}

#[tokio::test]
async fn rule_8_polls_of_a_worker_that_leaves_end_and_no_later_one_waits() {
    let (_server, client) = service().await;
    let leave = ShutdownWorkerRequest {
        namespace: "default".into(),
        worker_instance_key: "leaves".into(),
        ..Default::default()
    };
    let (mut ended, mut stays, mut asked) = (client.clone(), client.clone(), client.clone());
    let other =
        tokio::spawn(async move { stays.poll_workflow_task_queue(poll_workflow("stays")).await });
    let began = Instant::now();
    let poll = tokio::spawn(async move {
        ended
            .poll_workflow_task_queue(poll_workflow("leaves"))
            .await
    });
    asked.shutdown_worker(leave).await.unwrap();
    let answer = poll.await.unwrap().unwrap().into_inner();
    assert!(answer.task_token.is_empty());
    let late = asked
        .poll_workflow_task_queue(poll_workflow("leaves"))
        .await
        .unwrap();
    assert!(late.into_inner().task_token.is_empty());
    assert!(began.elapsed() < Duration::from_secs(30));
    // others wait on, and are given what comes
    start(&mut asked).await;
    let task = other.await.unwrap().unwrap().into_inner();
    assert!(!task.task_token.is_empty());
}

#[tokio::test]
async fn a_queue_that_may_give_nothing_gives_when_it_may_again() {
    let (_server, mut client) = service().await;
    client
        .update_task_queue_config(limit(Some(0.0)))
        .await
        .unwrap();
    activities(&mut client, 1).await;
    let mut polls = client.clone();
    let poll =
        tokio::spawn(async move { polls.poll_activity_task_queue(poll_activity(None)).await });
    // the poll is there, and gets nothing
    let described = loop {
        let described = client
            .describe_task_queue(describe())
            .await
            .unwrap()
            .into_inner();
        if !described.pollers.is_empty() {
            break described;
        }
        tokio::task::yield_now().await;
    };
    let stats = described.stats.unwrap();
    assert_eq!(stats.approximate_backlog_count, 1);
    assert!(stats.rate_limiting_active && stats.approximate_backlog_age.is_some());
    assert_eq!(described.task_queue_status.unwrap().backlog_count_hint, 1);
    let limited = described.effective_rate_limit.unwrap();
    assert_eq!(limited.rate_limit_source(), RateLimitSource::Api);
    assert!(!poll.is_finished());
    client.update_task_queue_config(limit(None)).await.unwrap();
    let task = poll.await.unwrap().unwrap().into_inner();
    assert_eq!(task.activity_id, "0");
}

#[tokio::test]
async fn a_queue_gives_as_much_as_its_workers_want() {
    let (_server, mut client) = service().await;
    activities(&mut client, 4).await;
    let began = Instant::now();
    for number in 0..4 {
        let task = client
            .poll_activity_task_queue(poll_activity(Some(2.5)))
            .await
            .unwrap();
        assert_eq!(task.into_inner().activity_id, number.to_string());
    }
    // three at once, and one more after two fifths of a second
    assert!(
        began.elapsed() >= Duration::from_millis(395),
        "{:?}",
        began.elapsed()
    );
    let described = client
        .describe_task_queue(describe())
        .await
        .unwrap()
        .into_inner();
    let limited = described.effective_rate_limit.unwrap();
    assert_eq!(limited.rate_limit_source(), RateLimitSource::Worker);
    assert!((described.pollers[0].rate_per_second - 2.5).abs() < 1e-9);
}

#[tokio::test]
async fn a_queue_is_described_by_version_as_well() {
    let (_server, mut client) = service().await;
    activities(&mut client, 2).await;
    let request = DescribeTaskQueueRequest {
        api_mode: DescribeTaskQueueMode::Enhanced.into(),
        report_pollers: true,
        ..describe()
    };
    let described = client
        .describe_task_queue(request)
        .await
        .unwrap()
        .into_inner();
    let types = &described.versions_info[""].types_info;
    let activities = &types[&(TaskQueueType::Activity as i32)];
    assert_eq!(activities.stats.unwrap().approximate_backlog_count, 2);
    assert!(activities.pollers.is_empty());
    assert_eq!(types[&(TaskQueueType::Workflow as i32)].pollers.len(), 1);
    // Only so many are answered.
    let types = DescribeTaskQueueRequest {
        api_mode: DescribeTaskQueueMode::Enhanced.into(),
        task_queue_types: vec![1; 21],
        ..describe()
    };
    let versions = TaskQueueVersionSelection {
        build_ids: vec!["b".into(); 1001],
        ..Default::default()
    };
    let versions = DescribeTaskQueueRequest {
        api_mode: DescribeTaskQueueMode::Enhanced.into(),
        versions: Some(versions),
        ..describe()
    };
    for too_many in [types, versions] {
        let refused = client.describe_task_queue(too_many).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
}
