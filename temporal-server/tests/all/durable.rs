//! A service that ends and begins again on the same file, through the public door.

use temporal_protos::command::*;
use temporal_protos::common::{ActivityType, TimeSkippingConfig};
use temporal_protos::enums::{
    CommandType, EventType, TaskQueueType, WorkflowExecutionStatus as Status,
};
use temporal_protos::history::HistoryEvent;
use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
use temporal_protos::operatorservice::{AddSearchAttributesRequest, ListSearchAttributesRequest};
use temporal_protos::schedule::schedule_action::Action;
use temporal_protos::schedule::{Schedule, ScheduleAction};
use temporal_protos::taskqueue::RateLimit;
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::update_task_queue_config_request::RateLimitUpdate;
use temporal_protos::workflowservice::*;
use temporal_server::{Server, ServerHandle, StartError, StoreError};
use tonic::Code;

use crate::common::{
    self, Client, Scratch, command, complete, complete_workflow, count, describe, execution,
    new_workflow, payloads, queue, seconds, take, take_activity,
};

async fn service(scratch: &Scratch) -> (ServerHandle, Client) {
    common::service(scratch.options()).await
}

/// The same start however often.
async fn start(client: &mut Client, id: &str) -> String {
    let request = StartWorkflowExecutionRequest {
        request_id: format!("start of {id}"),
        ..new_workflow(id)
    };
    let started = client.start_workflow_execution(request).await.unwrap();
    started.into_inner().run_id
}

async fn history(client: &mut Client, id: &str) -> Vec<HistoryEvent> {
    common::history(client, id, "").await
}

/// The timer fired, the activity completed, and nothing is missing.
fn check_end(events: &[HistoryEvent]) {
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
    let (server, mut client) = service(&scratch).await;
    let run_id = start(&mut client, "w").await;
    let task = take(&mut client).await;
    let activity = command(
        CommandType::ScheduleActivityTask,
        ScheduleActivityTaskCommandAttributes {
            activity_id: "a".into(),
            activity_type: Some(ActivityType { name: "a".into() }),
            task_queue: queue("q"),
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

    let (server, mut client) = service(&scratch).await;
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
    let (_server, mut client) = service(&scratch).await;
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
    let (server, mut client) = service(&scratch).await;
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

    let (server, mut client) = service(&scratch).await;
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
    let mut small = scratch.options();
    // Room for the rows of lists, and for a few runs.
    small.closed_bytes = 40_000;
    let (server, mut client) = common::service(small.clone()).await;
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

    let (_server, mut client) = common::service(small).await;
    assert_eq!(
        count(&mut client, "ExecutionStatus = 'Completed'").await,
        19
    );
    for (number, events) in histories.iter().enumerate() {
        if number != 3 {
            assert_eq!(history(&mut client, &format!("w{number}")).await, *events);
        }
    }
    // An id whose run is only in the file is taken, or used, as any other.
    let request = StartWorkflowExecutionRequest {
        request_id: "another".into(),
        workflow_id_reuse_policy: 3,
        ..new_workflow("w7")
    };
    let refused = client.start_workflow_execution(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_file_serves_one_service() {
    let scratch = Scratch::new("one");
    let (server, mut client) = service(&scratch).await;
    start(&mut client, "w").await;
    let second = Server::start(scratch.options()).await.unwrap_err();
    assert!(
        matches!(second, StartError::Store(StoreError::InUse { pid: Some(pid), .. }) if pid == std::process::id()),
        "{second}"
    );
    drop(server);
    let (_server, mut client) = service(&scratch).await;
    let info = describe(&mut client, "w")
        .await
        .workflow_execution_info
        .unwrap();
    assert_eq!(info.status(), Status::Running);
}

#[tokio::test]
async fn the_limit_of_a_queue_is_kept_until_it_is_taken_away() {
    let scratch = Scratch::new("queue");
    let set = |rate: Option<f32>| UpdateTaskQueueConfigRequest {
        namespace: "default".into(),
        task_queue: "q".into(),
        task_queue_type: TaskQueueType::Activity.into(),
        identity: "operator".into(),
        update_queue_rate_limit: Some(RateLimitUpdate {
            rate_limit: rate.map(|requests_per_second| RateLimit {
                requests_per_second,
            }),
            reason: "a test".into(),
        }),
        ..Default::default()
    };
    let describe = DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("q"),
        task_queue_type: TaskQueueType::Activity.into(),
        report_config: true,
        ..Default::default()
    };
    let mut configs = Vec::new();
    for rate in [Some(2.5), None] {
        let (server, mut client) = service(&scratch).await;
        let answer = client.update_task_queue_config(set(rate)).await.unwrap();
        configs.push(answer.into_inner().config);
        server.shutdown().await;
        let (server, mut client) = service(&scratch).await;
        let described = client.describe_task_queue(describe.clone()).await.unwrap();
        assert_eq!(described.into_inner().config, configs[configs.len() - 1]);
        server.shutdown().await;
    }
    assert_ne!(configs[0], configs[1]);
}

#[tokio::test]
async fn a_late_repetition_of_a_request_does_not_bring_a_deleted_schedule_back() {
    let scratch = Scratch::new("schedule");
    let create = |request_id: &str| CreateScheduleRequest {
        namespace: "default".into(),
        schedule_id: "s".into(),
        request_id: request_id.into(),
        schedule: Some(Schedule {
            action: Some(ScheduleAction {
                action: Some(Action::StartWorkflow(NewWorkflowExecutionInfo {
                    workflow_id: "work".into(),
                    workflow_type: new_workflow("").workflow_type,
                    task_queue: queue("q"),
                    ..Default::default()
                })),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let describe = DescribeScheduleRequest {
        namespace: "default".into(),
        schedule_id: "s".into(),
    };
    let (server, mut client) = service(&scratch).await;
    let first = client.create_schedule(create("one")).await.unwrap();
    let delete = DeleteScheduleRequest {
        namespace: "default".into(),
        schedule_id: "s".into(),
        ..Default::default()
    };
    client.delete_schedule(delete).await.unwrap();
    let again = client.create_schedule(create("one")).await.unwrap();
    assert_eq!(again.into_inner(), first.into_inner());
    let gone = client.describe_schedule(describe.clone()).await;
    assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    server.shutdown().await;

    let (_server, mut client) = service(&scratch).await;
    client.create_schedule(create("one")).await.unwrap();
    let gone = client.describe_schedule(describe.clone()).await;
    assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    // Another request is another schedule.
    client.create_schedule(create("two")).await.unwrap();
    client.describe_schedule(describe).await.unwrap();
}

#[tokio::test]
async fn rule_172_the_time_of_a_workflow_is_kept() {
    const DAY: i64 = 24 * 3600;
    let scratch = Scratch::new("time");
    let timer = |id: &str, after| {
        command(
            CommandType::StartTimer,
            StartTimerCommandAttributes {
                timer_id: id.into(),
                start_to_fire_timeout: seconds(after),
            },
        )
    };
    let service = async || {
        let mut options = scratch.options();
        let key = "frontend.WorkflowTimeSkippingEnabled";
        options.dynamic_config.push((key.into(), "true".into()));
        common::service(options).await
    };
    let (server, mut client) = service().await;
    let request = StartWorkflowExecutionRequest {
        time_skipping_config: Some(TimeSkippingConfig {
            enabled: true,
            max_session_skip_count: 1,
            ..Default::default()
        }),
        ..new_workflow("w")
    };
    client.start_workflow_execution(request).await.unwrap();
    let task = take(&mut client).await;
    complete(&mut client, &task, vec![timer("day", DAY)]).await;
    // the budget is used up: this one takes its second
    let task = take(&mut client).await;
    complete(&mut client, &task, vec![timer("second", 1)]).await;
    server.shutdown().await;

    let (server, mut client) = service().await;
    let task = take(&mut client).await;
    complete(&mut client, &task, vec![complete_workflow()]).await;
    let events = history(&mut client, "w").await;
    let end = events.last().map(|event| event.event_type());
    assert_eq!(end, Some(EventType::WorkflowExecutionCompleted));
    let times = events.iter().map(|event| event.event_time.unwrap().seconds);
    let times: Vec<i64> = times.collect();
    assert!(times.is_sorted(), "{times:?}");
    let lasted = times[times.len() - 1] - times[0];
    assert!(lasted >= DAY, "{lasted}");
    let described = describe(&mut client, "w").await;
    let info = described.workflow_extended_info.unwrap().time_skipping_info;
    let info = info.expect("it has a time of its own");
    assert!(!info.effective_config.unwrap().enabled);
    assert!(info.current_time.unwrap().seconds - times[0] >= DAY);
    server.shutdown().await;
}

#[tokio::test]
async fn a_service_that_ends_while_it_reads_closed_runs_loses_none() {
    const RUNS: i64 = 60;
    let scratch = Scratch::new("reading");
    let (server, mut client) = service(&scratch).await;
    let mut last = String::new();
    for number in 0..RUNS {
        let id = format!("w{number}");
        last = start(&mut client, &id).await;
        let request = TerminateWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution(&id),
            ..Default::default()
        };
        client.terminate_workflow_execution(request).await.unwrap();
    }
    server.shutdown().await;
    for number in 0..10 {
        let (server, mut client) = service(&scratch).await;
        if number % 2 == 0 {
            // It may not be known yet.
            let info = describe(&mut client, "w59").await.workflow_execution_info;
            assert_eq!(info.unwrap().execution.unwrap().run_id, last);
        }
        server.shutdown().await;
    }
    let (_server, mut client) = service(&scratch).await;
    let terminated = "ExecutionStatus = 'Terminated'";
    assert_eq!(count(&mut client, terminated).await, RUNS);
}
