//! Workflows through the public door: a service in this process, a client, and a worker played by hand.

use std::time::{Duration, Instant};

use temporal_protos::command::*;
use temporal_protos::common::{ActivityType, WorkflowType};
use temporal_protos::enums::{CommandType, EventType, HistoryEventFilterType, QueryResultType};
use temporal_protos::query::WorkflowQuery;
use temporal_protos::workflowservice::*;
use temporal_server::{ServerHandle, ServerOptions, TimeSkipping};
use tonic::{Code, Request};

use crate::common::{
    self, Client, command, complete, complete_workflow, execution, poll_activity, queue, seconds,
    start, take,
};

const YEAR: i64 = 365 * 24 * 3600;

async fn service(time_skipping: TimeSkipping) -> (ServerHandle, Client) {
    let mut options = ServerOptions::default();
    options.time_skipping = time_skipping;
    common::service(options).await
}

/// Waits for the last event of a workflow.
async fn closed(client: &mut Client, id: &str) -> EventType {
    let mut request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution(id),
        wait_new_event: true,
        history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
        ..Default::default()
    };
    loop {
        let page = client
            .get_workflow_execution_history(request.clone())
            .await
            .unwrap()
            .into_inner();
        if let Some(event) = page.history.unwrap_or_default().events.pop() {
            return event.event_type();
        }
        request.next_page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_poll_that_was_given_up_loses_no_task() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    let mut gone = client.clone();
    let waiting = tokio::spawn(async move {
        gone.poll_workflow_task_queue(common::poll_workflow("q"))
            .await
    });
    tokio::task::yield_now().await;
    waiting.abort();
    drop(waiting.await);
    start(&mut client, "wf").await;
    let task = take(&mut client).await;
    assert_eq!(task.workflow_execution.unwrap().workflow_id, "wf");
}

#[tokio::test]
async fn a_waiting_poll_gets_the_task_at_once() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    let mut worker = client.clone();
    let waiting = tokio::spawn(async move {
        let task = take(&mut worker).await;
        complete(&mut worker, &task, vec![complete_workflow()]).await;
    });
    let began = Instant::now();
    start(&mut client, "wf").await;
    assert_eq!(
        closed(&mut client, "wf").await,
        EventType::WorkflowExecutionCompleted
    );
    waiting.await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "nobody waits for a deadline"
    );
}

#[tokio::test]
async fn a_timer_of_a_year_takes_no_time_while_nobody_works() {
    let (_server, mut client) = service(TimeSkipping::Unlocked).await;
    start(&mut client, "wf").await;
    let task = take(&mut client).await;
    let timer = StartTimerCommandAttributes {
        timer_id: "t".into(),
        start_to_fire_timeout: seconds(YEAR),
    };
    complete(
        &mut client,
        &task,
        vec![command(CommandType::StartTimer, timer)],
    )
    .await;
    let task = take(&mut client).await;
    let events = task.history.as_ref().unwrap().events.clone();
    let at = |place: usize| events[place].event_time.unwrap().seconds;
    assert_eq!(events[5].event_type(), EventType::TimerFired);
    assert!(at(5) - at(4) >= YEAR);
    complete(&mut client, &task, vec![complete_workflow()]).await;
    assert_eq!(
        closed(&mut client, "wf").await,
        EventType::WorkflowExecutionCompleted
    );
}

#[tokio::test]
async fn a_started_activity_keeps_time_from_being_skipped() {
    let (_server, mut client) = service(TimeSkipping::Unlocked).await;
    start(&mut client, "wf").await;
    let task = take(&mut client).await;
    let timer = StartTimerCommandAttributes {
        timer_id: "t".into(),
        start_to_fire_timeout: seconds(YEAR),
    };
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "1".into(),
        activity_type: Some(ActivityType {
            name: "work".into(),
        }),
        task_queue: queue("q"),
        start_to_close_timeout: seconds(2 * YEAR),
        ..Default::default()
    };
    let commands = vec![
        command(CommandType::StartTimer, timer),
        command(CommandType::ScheduleActivityTask, activity),
    ];
    complete(&mut client, &task, commands).await;
    let work = client
        .poll_activity_task_queue(poll_activity())
        .await
        .unwrap()
        .into_inner();
    let answer = RespondActivityTaskCompletedRequest {
        task_token: work.task_token,
        ..Default::default()
    };
    client
        .respond_activity_task_completed(answer)
        .await
        .unwrap();
    let task = take(&mut client).await;
    let names: Vec<EventType> = task
        .history
        .as_ref()
        .unwrap()
        .events
        .iter()
        .map(|event| event.event_type())
        .collect();
    assert!(names.contains(&EventType::ActivityTaskCompleted));
    assert!(
        !names.contains(&EventType::TimerFired),
        "the timer was a year away"
    );
}

#[tokio::test]
async fn a_child_reports_to_its_parent_and_ends_with_it() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    start(&mut client, "parent").await;
    let task = take(&mut client).await;
    let child = |id: &str| {
        let attributes = StartChildWorkflowExecutionCommandAttributes {
            workflow_id: id.into(),
            workflow_type: Some(WorkflowType {
                name: "child".into(),
            }),
            ..Default::default()
        };
        command(CommandType::StartChildWorkflowExecution, attributes)
    };
    complete(&mut client, &task, vec![child("short"), child("long")]).await;
    let mut of_parent = 0;
    loop {
        let task = take(&mut client).await;
        match task
            .workflow_execution
            .as_ref()
            .unwrap()
            .workflow_id
            .as_str()
        {
            "short" => complete(&mut client, &task, vec![complete_workflow()]).await,
            "long" => complete(&mut client, &task, Vec::new()).await,
            _ => {
                let events = &task.history.as_ref().unwrap().events;
                let ended = events
                    .iter()
                    .any(|event| event.event_type() == EventType::ChildWorkflowExecutionCompleted);
                of_parent += 1;
                assert!(of_parent < 10, "the child's end must arrive");
                if ended {
                    complete(&mut client, &task, vec![complete_workflow()]).await;
                    break;
                }
                complete(&mut client, &task, Vec::new()).await;
            }
        }
    }
    assert_eq!(
        closed(&mut client, "parent").await,
        EventType::WorkflowExecutionCompleted
    );
    assert_eq!(
        closed(&mut client, "long").await,
        EventType::WorkflowExecutionTerminated
    );
}

#[tokio::test]
async fn a_query_of_a_queue_that_nobody_polls_is_a_failed_precondition() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    // the first task comes with the answer to the start, so no worker has polled yet
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: queue("q"),
        request_eager_execution: true,
        ..Default::default()
    };
    let started = client.start_workflow_execution(request).await.unwrap();
    let task = started.into_inner().eager_workflow_task.unwrap();
    complete(&mut client, &task, vec![]).await;
    let ask = || {
        let mut request = Request::new(QueryWorkflowRequest {
            namespace: "default".into(),
            execution: execution("w"),
            query: Some(WorkflowQuery {
                query_type: "state".into(),
                ..WorkflowQuery::default()
            }),
            ..Default::default()
        });
        // who asks is told a second before that
        request.set_timeout(Duration::from_millis(1050));
        request
    };
    let refused = client.query_workflow(ask()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    assert_eq!(
        refused.message(),
        "no poller seen for task queue recently, worker may be down"
    );
    // a worker that comes and goes may come back: nobody is told anything but that the time is over
    start(&mut client, "another").await;
    take(&mut client).await;
    let refused = client.query_workflow(ask()).await.unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded, "{refused}");
}

#[tokio::test]
async fn a_query_is_answered_by_a_worker_and_a_lost_one_leaves_nothing() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    start(&mut client, "wf").await;
    let task = take(&mut client).await;
    complete(&mut client, &task, Vec::new()).await;
    let query = QueryWorkflowRequest {
        namespace: "default".into(),
        execution: execution("wf"),
        query: Some(WorkflowQuery {
            query_type: "q".into(),
            ..WorkflowQuery::default()
        }),
        ..Default::default()
    };
    // Nobody is there for this one; its task must not reach the worker later.
    let mut hurried = Request::new(query.clone());
    hurried.set_timeout(Duration::from_millis(50));
    let refused = client.query_workflow(hurried).await.unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded);

    let mut asker = client.clone();
    let asked = tokio::spawn(async move { asker.query_workflow(query).await });
    let task = take(&mut client).await;
    assert_eq!(task.query.as_ref().unwrap().query_type, "q");
    let answer = |token: &bytes::Bytes| RespondQueryTaskCompletedRequest {
        task_token: token.clone(),
        completed_type: QueryResultType::Answered.into(),
        ..Default::default()
    };
    client
        .respond_query_task_completed(answer(&task.task_token))
        .await
        .unwrap();
    asked.await.unwrap().unwrap();
    let late = client
        .respond_query_task_completed(answer(&task.task_token))
        .await;
    assert_eq!(late.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_deleted_workflow_is_gone_and_its_id_is_free() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    let first = start(&mut client, "wf").await;
    let delete = DeleteWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("wf"),
    };
    client
        .delete_workflow_execution(delete.clone())
        .await
        .unwrap();
    let again = client.delete_workflow_execution(delete).await;
    assert_eq!(again.unwrap_err().code(), Code::NotFound);
    assert_ne!(start(&mut client, "wf").await, first);
}

#[tokio::test]
async fn a_deleted_namespace_takes_its_runs_along() {
    use temporal_protos::operatorservice::DeleteNamespaceRequest;
    use temporal_protos::operatorservice::operator_service_client::OperatorServiceClient;
    let (server, mut client) = service(TimeSkipping::Off).await;
    start(&mut client, "wf").await;
    let delete = DeleteNamespaceRequest {
        namespace: "default".into(),
        ..Default::default()
    };
    OperatorServiceClient::new(server.channel())
        .delete_namespace(delete)
        .await
        .unwrap();
    let register = RegisterNamespaceRequest {
        namespace: "default".into(),
        workflow_execution_retention_period: seconds(24 * 3600),
        ..Default::default()
    };
    client.register_namespace(register).await.unwrap();
    let describe = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: execution("wf"),
    };
    let unknown = client.describe_workflow_execution(describe).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_run_that_ended_long_ago_is_told_as_it_was() {
    let (_server, mut client) = service(TimeSkipping::Off).await;
    start(&mut client, "old").await;
    let task = take(&mut client).await;
    complete(&mut client, &task, vec![complete_workflow()]).await;
    let describe = || DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: execution("old"),
    };
    let history = || GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution("old"),
        ..Default::default()
    };
    let described = client.describe_workflow_execution(describe()).await;
    let described = described.unwrap().into_inner();
    let told = client.get_workflow_execution_history(history()).await;
    let told = told.unwrap().into_inner();
    // far more than are in memory as they were
    for number in 0..200 {
        let id = format!("new {number}");
        start(&mut client, &id).await;
        client
            .terminate_workflow_execution(TerminateWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution(&id),
                ..Default::default()
            })
            .await
            .unwrap();
    }
    for _ in 0..2 {
        let now = client.describe_workflow_execution(describe()).await;
        assert_eq!(now.unwrap().into_inner(), described);
        let now = client.get_workflow_execution_history(history()).await;
        assert_eq!(now.unwrap().into_inner(), told);
    }
    // and it can be reset
    let reset = client
        .reset_workflow_execution(ResetWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution("old"),
            workflow_task_finish_event_id: 4,
            request_id: "reset".into(),
            ..Default::default()
        })
        .await
        .unwrap();
    assert!(!reset.into_inner().run_id.is_empty());
    assert_eq!(take(&mut client).await.history.unwrap().events.len(), 6);
}
