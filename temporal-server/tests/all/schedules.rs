//! Schedules through the public door: a service in this process whose clock skips, a client, and a worker played by
//! hand.

use std::time::{Duration, Instant};

use temporal_protos::command::command::Attributes;
use temporal_protos::command::*;
use temporal_protos::common::{Payload, Payloads, WorkflowType};
use temporal_protos::enums::{
    CommandType, ScheduleOverlapPolicy as Policy, WorkflowExecutionStatus,
};
use temporal_protos::history::history_event::Attributes as EventAttributes;
use temporal_protos::operatorservice::DeleteNamespaceRequest;
use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
use temporal_protos::schedule::schedule_action::Action;
use temporal_protos::schedule::*;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::testservice::SleepRequest;
use temporal_protos::testservice::test_service_client::TestServiceClient;
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::workflow_service_client::WorkflowServiceClient;
use temporal_protos::workflowservice::*;
use temporal_server::{Channel, Server, ServerHandle, ServerOptions, TimeSkipping};
use tonic::{Code, Request};

const HOUR: i64 = 3600;

type Client = WorkflowServiceClient<Channel>;

async fn service() -> (ServerHandle, Client, TestServiceClient<Channel>) {
    let mut options = ServerOptions::default();
    options.time_skipping = TimeSkipping::Unlocked;
    let server = Server::start(options).await.unwrap();
    let client = WorkflowServiceClient::new(server.channel());
    let clock = TestServiceClient::new(server.channel());
    (server, client, clock)
}

fn duration(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn every(seconds: i64) -> ScheduleSpec {
    ScheduleSpec {
        interval: vec![IntervalSpec {
            interval: duration(seconds),
            phase: None,
        }],
        ..Default::default()
    }
}

fn schedule(spec: ScheduleSpec) -> Schedule {
    let queue = TaskQueue {
        name: "q".into(),
        ..Default::default()
    };
    let workflow = NewWorkflowExecutionInfo {
        workflow_id: "work".into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: Some(queue),
        ..Default::default()
    };
    Schedule {
        spec: Some(spec),
        action: Some(ScheduleAction {
            action: Some(Action::StartWorkflow(workflow)),
        }),
        ..Default::default()
    }
}

async fn create(client: &mut Client, id: &str, schedule: Schedule) {
    let request = CreateScheduleRequest {
        namespace: "default".into(),
        schedule_id: id.into(),
        request_id: format!("request of {id}"),
        schedule: Some(schedule),
        ..Default::default()
    };
    client.create_schedule(request).await.unwrap();
}

async fn describe(client: &mut Client, id: &str) -> DescribeScheduleResponse {
    let request = DescribeScheduleRequest {
        namespace: "default".into(),
        schedule_id: id.into(),
    };
    client
        .describe_schedule(request)
        .await
        .unwrap()
        .into_inner()
}

async fn patch(client: &mut Client, id: &str, patch: SchedulePatch) {
    let request = PatchScheduleRequest {
        namespace: "default".into(),
        schedule_id: id.into(),
        patch: Some(patch),
        ..Default::default()
    };
    client.patch_schedule(request).await.unwrap();
}

fn trigger(policy: Policy) -> SchedulePatch {
    SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest {
            overlap_policy: policy.into(),
            scheduled_time: None,
        }),
        ..Default::default()
    }
}

async fn take(client: &mut Client) -> PollWorkflowTaskQueueResponse {
    let mut request = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: Some(TaskQueue {
            name: "q".into(),
            ..Default::default()
        }),
        identity: "worker".into(),
        ..Default::default()
    });
    request.set_timeout(Duration::from_secs(70));
    let task = client.poll_workflow_task_queue(request).await.unwrap();
    task.into_inner()
}

async fn answer(client: &mut Client, task: &PollWorkflowTaskQueueResponse, commands: Vec<Command>) {
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
        ..Default::default()
    }
}

fn complete(text: &str) -> Command {
    let payload = Payload {
        data: text.to_owned().into(),
        ..Default::default()
    };
    let attributes = CompleteWorkflowExecutionCommandAttributes {
        result: Some(Payloads {
            payloads: vec![payload],
        }),
    };
    command(CommandType::CompleteWorkflowExecution, attributes)
}

fn id_of(task: &PollWorkflowTaskQueueResponse) -> String {
    task.workflow_execution.clone().unwrap().workflow_id
}

/// The result of the run before, as the task's first event has it.
fn last_result(task: &PollWorkflowTaskQueueResponse) -> Option<String> {
    let first = task.history.as_ref().unwrap().events[0].attributes.clone();
    let Some(EventAttributes::WorkflowExecutionStartedEventAttributes(started)) = first else {
        panic!("a history begins with the start");
    };
    let result = started.last_completion_result.as_ref()?;
    String::from_utf8(result.payloads[0].data.to_vec()).ok()
}

async fn now(clock: &mut TestServiceClient<Channel>) -> i64 {
    let now = clock.get_current_time(()).await.unwrap();
    now.into_inner().time.unwrap().seconds
}

#[tokio::test]
async fn rule_164_time_jumps_from_action_to_action_and_stands_while_one_is_worked_on() {
    let (_server, mut client, mut clock) = service().await;
    let (began, real) = (now(&mut clock).await, Instant::now());
    create(&mut client, "hourly", schedule(every(HOUR))).await;
    let mut before = None;
    for n in 1..=48 {
        let task = take(&mut client).await;
        let due = (began / HOUR + n) * HOUR;
        assert!(
            (due..due + 60).contains(&now(&mut clock).await),
            "action {n}"
        );
        assert_eq!(last_result(&task), before, "action {n}");
        let result = format!("result {n}");
        answer(&mut client, &task, vec![complete(&result)]).await;
        before = Some(result);
    }
    let info = describe(&mut client, "hourly").await.info.unwrap();
    assert!(
        (48..=49).contains(&info.action_count),
        "{}",
        info.action_count
    );
    assert_eq!((info.overlap_skipped, info.missed_catchup_window), (0, 0));
    assert!(real.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn rule_166_nobody_skips_time_while_a_scheduled_workflow_waits_for_a_worker() {
    let (_server, mut client, mut clock) = service().await;
    let began = now(&mut clock).await;
    create(&mut client, "hourly", schedule(every(HOUR))).await;
    let mut sleeping = clock.clone();
    let long = SleepRequest {
        duration: duration(10 * HOUR),
    };
    let mut sleep = tokio::spawn(async move { sleeping.sleep(long).await });
    // The first action stops the clock: its task is under way.
    let task = take(&mut client).await;
    let early = tokio::time::timeout(Duration::from_millis(100), &mut sleep).await;
    assert!(early.is_err(), "the sleep goes on");
    assert!(now(&mut clock).await - began < 2 * HOUR);
    // A run that waits for nothing of ours does not hold it.
    answer(&mut client, &task, Vec::new()).await;
    sleep.await.unwrap().unwrap();
    assert!(now(&mut clock).await - began >= 10 * HOUR);
    let info = describe(&mut client, "hourly").await.info.unwrap();
    assert_eq!(info.action_count, 1);
    assert!(info.overlap_skipped >= 9, "{}", info.overlap_skipped);
}

#[tokio::test]
async fn rule_144_a_schedule_that_has_nothing_to_do_makes_no_time_jump_and_is_gone_after_a_week() {
    let (_server, mut client, mut clock) = service().await;
    let began = now(&mut clock).await;
    create(&mut client, "idle", schedule(ScheduleSpec::default())).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(now(&mut clock).await - began < HOUR);
    let week = SleepRequest {
        duration: duration(7 * 24 * HOUR),
    };
    clock.sleep(week).await.unwrap();
    let request = DescribeScheduleRequest {
        namespace: "default".into(),
        schedule_id: "idle".into(),
    };
    let gone = client.describe_schedule(request).await.unwrap_err();
    assert_eq!(
        (gone.code(), gone.message()),
        (Code::NotFound, "schedule not found")
    );
    let count = CountSchedulesRequest {
        namespace: "default".into(),
        ..Default::default()
    };
    assert_eq!(
        client.count_schedules(count).await.unwrap().get_ref().count,
        0
    );
}

#[tokio::test]
async fn rule_137_a_run_is_terminated_and_the_next_begins_at_once() {
    let (_server, mut client, _) = service().await;
    create(&mut client, "s", schedule(ScheduleSpec::default())).await;
    patch(&mut client, "s", trigger(Policy::Skip)).await;
    let task = take(&mut client).await;
    answer(&mut client, &task, Vec::new()).await;
    // Another second, so that the ids differ.
    let named = SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest {
            overlap_policy: Policy::TerminateOther.into(),
            scheduled_time: Some(prost_types::Timestamp::default()),
        }),
        ..Default::default()
    };
    patch(&mut client, "s", named).await;
    let info = describe(&mut client, "s").await.info.unwrap();
    let statuses: Vec<_> = info
        .recent_actions
        .iter()
        .map(|a| a.start_workflow_status())
        .collect();
    let expected = [
        WorkflowExecutionStatus::Terminated,
        WorkflowExecutionStatus::Running,
    ];
    assert_eq!(statuses, expected);
    assert_eq!(id_of(&take(&mut client).await), "work-1970-01-01T00:00:00Z");
}

#[tokio::test]
async fn rule_139_a_chain_counts_as_one_run_until_its_last() {
    let (_server, mut client, _) = service().await;
    let mut plan = schedule(ScheduleSpec::default());
    plan.policies = Some(SchedulePolicies {
        pause_on_failure: true,
        ..Default::default()
    });
    create(&mut client, "s", plan).await;
    patch(&mut client, "s", trigger(Policy::Skip)).await;
    let first = take(&mut client).await;
    let again = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    let again = command(CommandType::ContinueAsNewWorkflowExecution, again);
    answer(&mut client, &first, vec![again]).await;
    let info = describe(&mut client, "s").await.info.unwrap();
    assert_eq!(
        info.running_workflows,
        [first.workflow_execution.clone().unwrap()]
    );
    let second = take(&mut client).await;
    assert_eq!(id_of(&second), id_of(&first));
    let failed = FailWorkflowExecutionCommandAttributes {
        failure: Some(temporal_protos::failure::Failure {
            message: "boom".into(),
            ..Default::default()
        }),
    };
    answer(
        &mut client,
        &second,
        vec![command(CommandType::FailWorkflowExecution, failed)],
    )
    .await;
    let found = describe(&mut client, "s").await;
    let state = found.schedule.unwrap().state.unwrap();
    let note = format!("paused due to workflow failure: {}: boom", id_of(&first));
    assert_eq!((state.paused, state.notes), (true, note));
    let info = found.info.unwrap();
    assert_eq!(info.running_workflows, []);
    let status = info.recent_actions[0].start_workflow_status();
    assert_eq!(status, WorkflowExecutionStatus::Failed);
}

#[tokio::test]
async fn rule_142_schedules_are_listed_page_by_page_and_hidden_from_workflows() {
    let (_server, mut client, _) = service().await;
    for n in 0..5 {
        create(&mut client, &format!("s{n}"), schedule(every(HOUR))).await;
    }
    let mut request = ListSchedulesRequest {
        namespace: "default".into(),
        maximum_page_size: 2,
        ..Default::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = client
            .list_schedules(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.schedules.len() <= 2);
        ids.extend(page.schedules.into_iter().map(|entry| entry.schedule_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.next_page_token = page.next_page_token;
    }
    ids.sort();
    assert_eq!(ids, ["s0", "s1", "s2", "s3", "s4"]);
    let mut listed = async |query: &str| {
        let request = ListWorkflowExecutionsRequest {
            namespace: "default".into(),
            query: query.into(),
            ..Default::default()
        };
        let page = client.list_workflow_executions(request).await.unwrap();
        page.into_inner().executions.len()
    };
    assert_eq!(listed("WorkflowType != 'probe'").await, 0);
    let scheduler = "TemporalNamespaceDivision = 'TemporalScheduler'";
    assert_eq!(listed(scheduler).await, 5);
    let one = format!("{scheduler} AND WorkflowId = 'temporal-sys-scheduler:s3'");
    assert_eq!(listed(&one).await, 1);
}

#[tokio::test]
async fn a_namespace_takes_its_schedules_with_it() {
    let (server, mut client, mut clock) = service().await;
    let register = |client: &mut Client| {
        let mut client = client.clone();
        async move {
            let request = RegisterNamespaceRequest {
                namespace: "mine".into(),
                workflow_execution_retention_period: duration(24 * HOUR),
                ..Default::default()
            };
            client.register_namespace(request).await.unwrap();
        }
    };
    register(&mut client).await;
    let request = CreateScheduleRequest {
        namespace: "mine".into(),
        schedule_id: "s".into(),
        request_id: "r".into(),
        schedule: Some(schedule(every(30 * 24 * HOUR))),
        ..Default::default()
    };
    client.create_schedule(request.clone()).await.unwrap();
    let delete = DeleteNamespaceRequest {
        namespace: "mine".into(),
        ..Default::default()
    };
    let mut operator = OperatorServiceClient::new(server.channel());
    operator.delete_namespace(delete).await.unwrap();
    // Its timer would make the clock jump.
    let began = now(&mut clock).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(now(&mut clock).await - began < HOUR / 2);
    register(&mut client).await;
    client.create_schedule(request).await.unwrap();
}

#[tokio::test]
async fn a_start_that_an_open_run_is_in_the_way_of_counts_for_nothing() {
    let (_server, mut client, _) = service().await;
    create(&mut client, "s", schedule(ScheduleSpec::default())).await;
    let named = |policy: Policy| SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest {
            overlap_policy: policy.into(),
            scheduled_time: Some(prost_types::Timestamp::default()),
        }),
        ..Default::default()
    };
    for _ in 0..3 {
        patch(&mut client, "s", named(Policy::AllowAll)).await;
    }
    let info = describe(&mut client, "s").await.info.unwrap();
    assert_eq!((info.action_count, info.recent_actions.len()), (1, 1));
}
