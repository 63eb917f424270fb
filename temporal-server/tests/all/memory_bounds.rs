//! What open workflows may take in memory: each of them, and all together.

use temporal_protos::command::{Command, ScheduleActivityTaskCommandAttributes};
use temporal_protos::common::ActivityType;
use temporal_protos::enums::CommandType;
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::workflowservice::*;
use temporal_server::ServerOptions;
use tonic::Code;

use crate::common::{
    self, Client, Scratch, command, complete_workflow, count, history, new_workflow, payloads,
    queue, refused, signal, start, step, take_activity,
};

/// Enough for some small runs.
const OPEN_BYTES: u64 = 50_000;

/// Starts workflows until one is refused, in the words that say what to do; returns how many were not.
async fn fill(client: &mut Client, from: usize) -> usize {
    for number in from..from + 1000 {
        let request = new_workflow(&format!("w{number}"));
        if let Err(status) = client.start_workflow_execution(request).await {
            let (code, text) = refused(Err::<(), _>(status));
            assert_eq!(code, Code::ResourceExhausted);
            assert!(
                text.contains("`--open-bytes`") && text.contains("50000"),
                "{text}"
            );
            return number - from;
        }
    }
    panic!("none was refused");
}

#[tokio::test]
async fn beyond_the_bound_no_workflow_is_started_and_those_that_are_open_go_on() {
    let mut options = ServerOptions::default();
    options.open_bytes = OPEN_BYTES;
    let (_server, mut client) = common::service(options).await;
    let started = fill(&mut client, 0).await;
    assert!((3..30).contains(&started), "{started}");
    let with_signal = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "other".into(),
        workflow_type: new_workflow("other").workflow_type,
        task_queue: queue("q"),
        signal_name: "s".into(),
        ..Default::default()
    };
    let answer = client.signal_with_start_workflow_execution(with_signal);
    assert_eq!(refused(answer.await).0, Code::ResourceExhausted);
    // What is refused leaves nothing behind.
    assert_eq!(
        count(&mut client, "").await,
        i64::try_from(started).unwrap()
    );
    signal(&mut client, "w0", "s", payloads("x")).await.unwrap();
    // The end of one makes room, though not for ever.
    step(&mut client, "q", vec![complete_workflow()])
        .await
        .unwrap();
    let more = fill(&mut client, started).await;
    assert!((1..3).contains(&more), "{more}");
    // A reset would open again what has closed.
    let reset = ResetWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: common::execution("w0"),
        workflow_task_finish_event_id: 4,
        request_id: "reset".into(),
        ..Default::default()
    };
    let answer = client.reset_workflow_execution(reset).await;
    assert_eq!(refused(answer).0, Code::ResourceExhausted);
}

#[tokio::test]
async fn what_is_open_counts_after_a_restart_too() {
    let scratch = Scratch::new("bounds");
    let options = || {
        let mut options = scratch.options();
        options.open_bytes = OPEN_BYTES;
        options
    };
    let (server, mut client) = common::service(options()).await;
    let started = fill(&mut client, 0).await;
    assert!(started > 2, "{started}");
    server.shutdown().await;
    let (_server, mut client) = common::service(options()).await;
    assert_eq!(fill(&mut client, started).await, 0);
}

fn activity(id: &str) -> Command {
    command(
        CommandType::ScheduleActivityTask,
        ScheduleActivityTaskCommandAttributes {
            activity_id: id.into(),
            activity_type: Some(ActivityType { name: "a".into() }),
            task_queue: queue("q"),
            start_to_close_timeout: common::seconds(9),
            ..Default::default()
        },
    )
}

#[tokio::test]
async fn rule_112_bytes_of_the_state_of_a_run() {
    let mut options = ServerOptions::default();
    let limit = ("limit.mutableStateSize.error".into(), "5000".into());
    options.dynamic_config.push(limit);
    let (_server, mut client) = common::service(options).await;
    start(&mut client, "w").await;
    step(&mut client, "q", vec![activity("1"), activity("2")])
        .await
        .unwrap();
    for (number, is_open) in [(1, true), (2, false)] {
        let task = take_activity(&mut client).await;
        let heartbeat = RecordActivityTaskHeartbeatRequest {
            task_token: task.task_token,
            details: payloads(&"x".repeat(3000)),
            ..Default::default()
        };
        let answer = client.record_activity_task_heartbeat(heartbeat).await;
        answer.unwrap();
        let why = "Workflow mutable state size exceeds limit.".to_owned();
        assert_eq!(
            end(&mut client).await,
            (!is_open).then_some(why),
            "heartbeat {number}"
        );
    }
}

/// Why the workflow was terminated, if it was.
async fn end(client: &mut Client) -> Option<String> {
    let mut events = history(client, "w", "").await;
    match events.pop().unwrap().attributes {
        Some(A::WorkflowExecutionTerminatedEventAttributes(a)) => Some(a.reason),
        _ => None,
    }
}

#[tokio::test]
async fn rule_112_a_history_ends_whatever_makes_it_grow() {
    let limits = [
        (
            "limit.historyCount.error",
            "10",
            "x",
            "Workflow history count exceeds limit.",
        ),
        (
            "limit.historySize.error",
            "5000",
            &*"x".repeat(600),
            "Workflow history size exceeds limit.",
        ),
    ];
    for (key, limit, payload, why) in limits {
        let mut options = ServerOptions::default();
        options.dynamic_config.push((key.into(), limit.into()));
        let (_server, mut client) = common::service(options).await;
        start(&mut client, "w").await;
        let mut taken = 0;
        while signal(&mut client, "w", "s", payloads(payload))
            .await
            .is_ok()
        {
            taken += 1;
            assert!(taken < 100, "signals go on for ever");
        }
        assert!((3..10).contains(&taken), "{key}: {taken}");
        assert_eq!(end(&mut client).await.as_deref(), Some(why));
    }
}
