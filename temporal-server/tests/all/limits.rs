//! Limits at the last number that is allowed and at the first that is not, through the public door. The limits are set
//! low by the keys of the real service, so what they are called is tested as well.

use temporal_protos::command::*;
use temporal_protos::common::{
    ActivityType, Memo, Payload, Payloads, SearchAttributes, WorkflowType,
};
use temporal_protos::enums::{CommandType, EventType};
use temporal_protos::history::HistoryEvent;
use temporal_protos::history::history_event::Attributes as A;
use temporal_protos::prost::Message as _;
use temporal_protos::workflowservice::*;
use temporal_server::{SearchAttributeType, ServerHandle, ServerOptions};
use tonic::{Code, Status};

use crate::common::{
    self, Client, command, execution, history, new_workflow, queue, refused, signal, step, take,
};

struct World {
    _server: ServerHandle,
    client: Client,
}

/// Payloads of exactly so many bytes on the wire.
fn payloads(bytes: usize) -> Payloads {
    let made = |length| Payloads {
        payloads: vec![Payload {
            data: vec![b'x'; length].into(),
            ..Payload::default()
        }],
    };
    let found = (0..=bytes)
        .rev()
        .map(made)
        .find(|made| made.encoded_len() == bytes);
    found.expect("there is a length of data that makes it so")
}

fn marker(name: &str) -> Command {
    command(
        CommandType::RecordMarker,
        RecordMarkerCommandAttributes {
            marker_name: name.into(),
            ..Default::default()
        },
    )
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

fn timer(id: &str) -> Command {
    command(
        CommandType::StartTimer,
        StartTimerCommandAttributes {
            timer_id: id.into(),
            start_to_fire_timeout: common::seconds(9),
        },
    )
}

fn child(id: &str) -> Command {
    command(
        CommandType::StartChildWorkflowExecution,
        StartChildWorkflowExecutionCommandAttributes {
            workflow_id: id.into(),
            workflow_type: Some(WorkflowType {
                name: "child".into(),
            }),
            task_queue: queue("nobody"),
            ..Default::default()
        },
    )
}

fn signal_other(id: &str) -> Command {
    command(
        CommandType::SignalExternalWorkflowExecution,
        SignalExternalWorkflowExecutionCommandAttributes {
            execution: execution(id),
            signal_name: "s".into(),
            ..Default::default()
        },
    )
}

fn cancel_other(id: &str) -> Command {
    command(
        CommandType::RequestCancelExternalWorkflowExecution,
        RequestCancelExternalWorkflowExecutionCommandAttributes {
            workflow_id: id.into(),
            ..Default::default()
        },
    )
}

impl World {
    async fn with(key: &str, value: usize) -> Self {
        let mut options = ServerOptions::default();
        options.dynamic_config.push((key.into(), value.to_string()));
        let (_server, client) = common::service(options).await;
        Self { _server, client }
    }

    async fn start_with(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut StartWorkflowExecutionRequest),
    ) -> Result<(), Status> {
        let mut request = new_workflow(id);
        change(&mut request);
        self.client
            .start_workflow_execution(request)
            .await
            .map(drop)
    }

    async fn start(&mut self, id: &str) {
        self.start_with(id, |_| {}).await.unwrap();
    }

    /// Takes the next workflow task and completes it.
    async fn step(&mut self, commands: Vec<Command>) -> Result<(), Status> {
        step(&mut self.client, "q", commands).await
    }

    async fn signal(&mut self, id: &str, input: Option<Payloads>) -> Result<(), Status> {
        signal(&mut self.client, id, "s", input).await
    }

    async fn history(&mut self, id: &str) -> Vec<HistoryEvent> {
        history(&mut self.client, id, "").await
    }
}

/// One run completes a task with each number of these commands; above `limit` the task fails with `text`.
async fn pending(key: &str, limit: usize, one: fn(&str) -> Command, text: &str) {
    for count in [limit - 1, limit, limit + 1] {
        let mut world = World::with(key, limit).await;
        world.start("w").await;
        let ids: Vec<String> = (0..count).map(|n| format!("other-{n}")).collect();
        let answer = world.step(ids.iter().map(|id| one(id)).collect()).await;
        if count <= limit {
            answer.unwrap();
        } else {
            let expected =
                format!("{text}, {limit}, has reached the per-workflow limit of {limit}");
            let (code, message) = refused(answer);
            assert_eq!(code, Code::InvalidArgument);
            assert!(message.ends_with(&expected), "{message}");
        }
    }
}

#[tokio::test]
async fn rule_116_pending_activities() {
    let text = "the number of pending activities";
    pending("limit.numPendingActivities.error", 3, activity, text).await;
}

#[tokio::test]
async fn rule_116_pending_children() {
    let text = "the number of pending child workflow executions";
    pending("limit.numPendingChildExecutions.error", 3, child, text).await;
}

#[tokio::test]
async fn rule_116_pending_signals() {
    let text = "the number of pending signals to external workflows";
    pending("limit.numPendingSignals.error", 3, signal_other, text).await;
}

#[tokio::test]
async fn rule_116_pending_cancel_requests() {
    let text = "the number of pending requests to cancel external workflows";
    pending(
        "limit.numPendingCancelRequests.error",
        3,
        cancel_other,
        text,
    )
    .await;
}

#[tokio::test]
async fn rule_116_bytes_of_a_blob() {
    let mut world = World::with("limit.blobSize.error", 1000).await;
    for bytes in [999, 1000] {
        let id = format!("w-{bytes}");
        let input = Some(payloads(bytes));
        world
            .start_with(&id, |start| start.input.clone_from(&input))
            .await
            .unwrap();
        world.signal(&id, input).await.unwrap();
    }
    let expected = (
        Code::InvalidArgument,
        "Blob data size exceeds limit.".to_owned(),
    );
    let input = Some(payloads(1001));
    assert_eq!(
        refused(
            world
                .start_with("w", |start| start.input.clone_from(&input))
                .await
        ),
        expected
    );
    assert_eq!(refused(world.signal("w-999", input).await), expected);
}

#[tokio::test]
async fn rule_116_bytes_of_a_memo() {
    let memo = |bytes: usize| {
        let made = |length| Memo {
            fields: [(
                "k".to_owned(),
                Payload {
                    data: vec![b'x'; length].into(),
                    ..Payload::default()
                },
            )]
            .into(),
        };
        (0..=bytes)
            .rev()
            .map(made)
            .find(|memo| memo.encoded_len() == bytes)
    };
    let mut world = World::with("limit.memoSize.error", 1000).await;
    for bytes in [999, 1000] {
        let id = format!("w-{bytes}");
        world
            .start_with(&id, |start| start.memo = memo(bytes))
            .await
            .unwrap();
    }
    let expected = (Code::InvalidArgument, "Memo size exceeds limit.".to_owned());
    assert_eq!(
        refused(world.start_with("w", |start| start.memo = memo(1001)).await),
        expected
    );
}

#[tokio::test]
async fn rule_116_bytes_of_a_name() {
    let mut world = World::with("limit.maxIDLength", 40).await;
    for length in [39, 40] {
        world.start(&"x".repeat(length)).await;
    }
    let (code, message) = refused(world.start_with(&"x".repeat(41), |_| {}).await);
    assert_eq!(code, Code::InvalidArgument);
    assert_eq!(message, "WorkflowId exceeds maximum allowed length (41/40)");
}

/// Commands that name something, at 39, 40 and 41 bytes.
async fn name_in_command(one: fn(&str) -> Command) {
    for length in [39, 40, 41] {
        let mut world = World::with("limit.maxIDLength", 40).await;
        world.start("w").await;
        let answer = world.step(vec![one(&"x".repeat(length))]).await;
        if length <= 40 {
            answer.unwrap();
        } else {
            let (code, message) = refused(answer);
            assert_eq!(code, Code::InvalidArgument);
            assert!(message.contains("length limit"), "{message}");
        }
    }
}

#[tokio::test]
async fn rule_116_bytes_of_names_in_commands() {
    name_in_command(marker).await;
    name_in_command(activity).await;
    name_in_command(timer).await;
    name_in_command(child).await;
    name_in_command(signal_other).await;
    name_in_command(cancel_other).await;
}

#[tokio::test]
async fn rule_116_bytes_of_names_in_requests() {
    type Change = fn(&mut StartWorkflowExecutionRequest, String);
    let changes: [(&str, Change); 4] = [
        ("type", |start, name| {
            start.workflow_type = Some(WorkflowType { name })
        }),
        ("queue", |start, name| start.task_queue = queue(&name)),
        ("request", |start, name| start.request_id = name),
        ("cron", |start, name| {
            start.workflow_id = name;
            start.cron_schedule = "@hourly".into();
        }),
    ];
    for (what, change) in changes {
        for length in [39, 40, 41] {
            let mut world = World::with("limit.maxIDLength", 40).await;
            let name = "x".repeat(length);
            let answer = world.start_with("w", |start| change(start, name)).await;
            assert_eq!(answer.is_ok(), length <= 40, "{what}, {length}: {answer:?}");
            if let Err(refusal) = answer {
                assert_eq!(refusal.code(), Code::InvalidArgument, "{what}");
            }
        }
    }
}

/// A service that knows so many keywords.
async fn with_attributes(count: usize) -> World {
    let mut options = ServerOptions::default();
    let names = (0..count).map(|number| (format!("A{number}"), SearchAttributeType::Keyword));
    options.search_attributes = names.collect();
    let (_server, client) = common::service(options).await;
    World { _server, client }
}

/// So many attributes, each with so many bytes.
fn attributes(count: usize, bytes: usize) -> SearchAttributes {
    let value = |bytes: usize| Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: format!("\"{}\"", "x".repeat(bytes - 2)).into(),
        ..Payload::default()
    };
    let fields = (0..count).map(|number| (format!("A{number}"), value(bytes)));
    SearchAttributes {
        indexed_fields: fields.collect(),
    }
}

#[tokio::test]
async fn rule_116_number_and_bytes_of_search_attributes() {
    let mut world = with_attributes(101).await;
    let mut number = 0;
    let mut start = async |given: SearchAttributes| {
        number += 1;
        let id = format!("w{number}");
        let answer = world.start_with(&id, |start| start.search_attributes = Some(given));
        answer.await
    };
    for count in [99, 100] {
        start(attributes(count, 10)).await.unwrap();
    }
    let (code, message) = refused(start(attributes(101, 10)).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(
        message.contains("number of search attributes 101 exceeds limit 100"),
        "{message}"
    );
    for bytes in [2047, 2048] {
        start(attributes(1, bytes)).await.unwrap();
    }
    let (code, message) = refused(start(attributes(1, 2049)).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(
        message.contains("value size 2049 exceeds size limit 2048"),
        "{message}"
    );
    // All together: the last value makes it so many bytes.
    let together = |total: usize| {
        let all = |bytes| attributes(20, bytes);
        let bytes = (1900..2048)
            .rev()
            .find(|bytes| all(*bytes).encoded_len() <= total);
        let bytes = bytes.expect("twenty values of this size are too many");
        let mut given = all(bytes);
        let last = all(bytes + total - given.encoded_len());
        let name = "A19".to_owned();
        let value = last.indexed_fields[&name].clone();
        given.indexed_fields.insert(name, value);
        assert_eq!(given.encoded_len(), total);
        given
    };
    for total in [40_959, 40_960] {
        start(together(total)).await.unwrap();
    }
    let (code, message) = refused(start(together(40_961)).await);
    assert_eq!(code, Code::InvalidArgument);
    assert!(
        message.contains("40961 exceeds size limit 40960"),
        "{message}"
    );
}

#[tokio::test]
async fn rule_116_signals_of_a_run() {
    let mut world = World::with("history.maximumSignalsPerExecution", 3).await;
    world.start("w").await;
    for _ in 0..3 {
        world.signal("w", None).await.unwrap();
    }
    let expected = "exceeded workflow execution limit for signal events".to_owned();
    assert_eq!(
        refused(world.signal("w", None).await),
        (Code::InvalidArgument, expected)
    );
}

/// Events 1 to 4 are there when the commands are taken: what they add is up to the limit, or beyond.
#[tokio::test]
async fn rule_112_events_of_a_history() {
    for events in [9, 10, 11] {
        let mut world = World::with("limit.historyCount.error", 10).await;
        world.start("w").await;
        let answer = world.step((4..events).map(|_| marker("m")).collect()).await;
        let history = world.history("w").await;
        if events <= 10 {
            answer.unwrap();
            assert_eq!(history.len(), events);
            continue;
        }
        let why = "Workflow history count exceeds limit.";
        assert_eq!(refused(answer), (Code::InvalidArgument, why.to_owned()));
        let last = history.last().unwrap();
        assert_eq!(last.event_id, 5, "nothing of the completion was kept");
        assert!(
            matches!(&last.attributes, Some(A::WorkflowExecutionTerminatedEventAttributes(a)) if a.reason == why)
        );
    }
}

#[tokio::test]
async fn rule_112_bytes_of_a_history() {
    let mut probe = World::with("limit.historySize.error", 1_000_000).await;
    probe.start("w").await;
    probe.step(vec![marker("m")]).await.unwrap();
    let history = probe.history("w").await;
    let bytes: usize = history.iter().map(|event| event.encoded_len()).sum();
    // run ids are equally long, times nearly so
    for (limit, is_taken) in [(bytes + 20, true), (bytes - 20, false)] {
        let mut world = World::with("limit.historySize.error", limit).await;
        world.start("w").await;
        let answer = world.step(vec![marker("m")]).await;
        if is_taken {
            answer.unwrap();
        } else {
            let why = "Workflow history size exceeds limit.".to_owned();
            assert_eq!(refused(answer), (Code::InvalidArgument, why));
        }
    }
}

#[tokio::test]
async fn rule_28_events_from_which_continue_as_new_is_suggested() {
    let mut world = World::with("limit.historyCount.suggestContinueAsNew", 7).await;
    world.start("w").await;
    world.step(vec![]).await.unwrap();
    world.signal("w", None).await.unwrap();
    world.step(vec![]).await.unwrap();
    let suggests: Vec<(i64, bool)> = (world.history("w").await.iter())
        .filter_map(|event| match &event.attributes {
            Some(A::WorkflowTaskStartedEventAttributes(a)) => {
                Some((event.event_id, a.suggest_continue_as_new))
            }
            _ => None,
        })
        .collect();
    assert_eq!(suggests, [(3, false), (7, true)]);
}

#[tokio::test]
async fn rule_49_events_that_wait_for_a_workflow_task() {
    let mut world = World::with("history.maximumBufferedEventsBatch", 3).await;
    world.start("w").await;
    take(&mut world.client).await;
    let mut lengths = Vec::new();
    for _ in 0..4 {
        world.signal("w", None).await.unwrap();
        let history = world.history("w").await;
        let failed = EventType::WorkflowTaskFailed as i32;
        lengths.push((
            history.len(),
            history.iter().any(|event| event.event_type == failed),
        ));
    }
    // at the fourth the task is given up, and all four are written; the next attempt is shown, but not written
    assert_eq!(lengths[..3], [(3, false); 3]);
    assert!(lengths[3].1, "{lengths:?}");
}
