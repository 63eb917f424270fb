//! What calls say reaches the service: each option in the attributes of its command.

use std::time::Duration;

use temporal_protos::{
    command::{
        Command, ScheduleActivityTaskCommandAttributes,
        StartChildWorkflowExecutionCommandAttributes, command::Attributes,
    },
    common::{Priority as ProtoPriority, RetryPolicy as ProtoRetryPolicy, WorkflowType},
    enums::{ParentClosePolicy as ProtoClosePolicy, WorkflowIdReusePolicy},
    history::{
        HistoryEvent, WorkflowExecutionStartedEventAttributes,
        WorkflowTaskScheduledEventAttributes, WorkflowTaskStartedEventAttributes,
        history_event::Attributes as Event,
    },
    taskqueue::TaskQueue,
};
use temporal_runtime::{
    IdReusePolicy, ParentClosePolicy, Priority, activity_by_name, prelude::*, workflow_by_name,
};

use crate::{
    convert::{proto_duration, text_payload},
    registry::WorkflowReg,
    workflow::{Run, RunTask},
};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The commands of the first task of a workflow without arguments.
fn commands(workflow_type: &str) -> Vec<Command> {
    let workflow = inventory::iter::<WorkflowReg>
        .into_iter()
        .find(|w| w.name == workflow_type)
        .expect("it is registered");
    let started = WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType {
            name: workflow_type.to_owned(),
        }),
        task_queue: Some(TaskQueue {
            name: "q".to_owned(),
            ..TaskQueue::default()
        }),
        attempt: 1,
        ..WorkflowExecutionStartedEventAttributes::default()
    };
    let events = [
        started.into(),
        Event::from(WorkflowTaskScheduledEventAttributes::default()),
        WorkflowTaskStartedEventAttributes::default().into(),
    ];
    let history: Vec<HistoryEvent> = (1..)
        .zip(events)
        .map(|(event_id, attributes): (i64, Event)| HistoryEvent {
            event_id,
            event_type: attributes.event_type().into(),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        })
        .collect();
    let mut run = Run::new(workflow, "default", "w", "r", &history).expect("it begins");
    let task = RunTask {
        events: history,
        started_event_id: 3,
        ..RunTask::default()
    };
    let completion = run.handle_task(task);
    completion
        .unwrap_or_else(|f| panic!("the task failed: {}", f.failure.message))
        .commands
}

/// The only command of the first task, and its summary and details.
fn only(workflow_type: &str) -> (Attributes, Option<String>, Option<String>) {
    let commands = commands(workflow_type);
    let [command] = &commands[..] else {
        panic!("{commands:?}")
    };
    let metadata = command.user_metadata.clone().unwrap_or_default();
    let text = |payload: Option<temporal_protos::common::Payload>| {
        payload.map(|p| serde_json::from_slice(&p.data).expect("it is text"))
    };
    let attributes = command.attributes.clone().expect("every command has some");
    (attributes, text(metadata.summary), text(metadata.details))
}

fn activity(workflow_type: &str) -> (ScheduleActivityTaskCommandAttributes, Option<String>) {
    match only(workflow_type) {
        (Attributes::ScheduleActivityTaskCommandAttributes(a), summary, None) => (*a, summary),
        other => panic!("{other:?}"),
    }
}

#[activity(start_to_close = "5s")]
async fn greets(_name: String) -> Result<String> {
    Ok(String::new())
}

#[workflow]
async fn says_all_of_an_activity(wf: &mut Wf) -> Result<String> {
    let retries = RetryPolicy::new()
        .initial_interval(secs(2))
        .backoff_coefficient(3.0)
        .maximum_interval(secs(30))
        .maximum_attempts(4)
        .non_retryable("BadInput")
        .non_retryable("Forbidden");
    let priority = Priority::new()
        .key(2)
        .fairness_key("customer-7")
        .fairness_weight(1.5);
    wf.execute(
        greets::with("Ada")
            .id("the-greeting")
            .task_queue("elsewhere")
            .schedule_to_close(secs(60))
            .schedule_to_start(secs(30))
            .start_to_close(secs(20))
            .heartbeat(secs(15))
            .retry_policy(retries)
            .priority(priority)
            .disable_eager_execution()
            .summary("greets the customer"),
    )
    .await
}

#[test]
fn every_option_of_an_activity_is_sent() {
    let (sent, summary) = activity("says_all_of_an_activity");
    assert_eq!(summary.as_deref(), Some("greets the customer"));
    assert_eq!(
        sent,
        ScheduleActivityTaskCommandAttributes {
            activity_id: "the-greeting".to_owned(),
            activity_type: Some(temporal_protos::common::ActivityType {
                name: "greets".to_owned()
            }),
            task_queue: Some(TaskQueue {
                name: "elsewhere".to_owned(),
                ..TaskQueue::default()
            }),
            input: Some(temporal_protos::common::Payloads {
                payloads: vec![text_payload("Ada")]
            }),
            schedule_to_close_timeout: Some(proto_duration(secs(60))),
            schedule_to_start_timeout: Some(proto_duration(secs(30))),
            start_to_close_timeout: Some(proto_duration(secs(20))),
            heartbeat_timeout: Some(proto_duration(secs(15))),
            retry_policy: Some(ProtoRetryPolicy {
                initial_interval: Some(proto_duration(secs(2))),
                backoff_coefficient: 3.0,
                maximum_interval: Some(proto_duration(secs(30))),
                maximum_attempts: 4,
                non_retryable_error_types: vec!["BadInput".to_owned(), "Forbidden".to_owned()],
            }),
            priority: Some(ProtoPriority {
                priority_key: 2,
                fairness_key: "customer-7".to_owned(),
                fairness_weight: 1.5,
            }),
            ..Default::default()
        }
    );
}

#[workflow]
async fn says_little_of_an_activity(wf: &mut Wf) -> Result<String> {
    wf.execute(greets::with("Ada")).await
}

#[test]
fn what_is_not_said_of_an_activity_is_left_to_the_service() {
    let (sent, summary) = activity("says_little_of_an_activity");
    assert_eq!(summary, None);
    assert_eq!(
        (sent.activity_id.as_str(), sent.task_queue.map(|q| q.name)),
        ("1", Some("q".to_owned()))
    );
    assert_eq!(
        sent.start_to_close_timeout,
        Some(proto_duration(secs(5))),
        "the attribute's"
    );
    assert!(sent.schedule_to_close_timeout.is_none() && sent.schedule_to_start_timeout.is_none());
    assert!(sent.heartbeat_timeout.is_none() && sent.retry_policy.is_none());
    assert!(
        sent.priority.is_none(),
        "the service lets it inherit the workflow's"
    );
    assert!(sent.use_workflow_build_id, "the same queue");
    assert!(sent.request_eager_execution, "if the worker has room");
}

#[workflow]
async fn calls_an_activity_by_name(wf: &mut Wf) -> Result<u32> {
    let call = activity_by_name::<u32>("PackAndShip", ("order-1", 3_u8));
    wf.execute(call.start_to_close(secs(7)).task_queue("warehouse"))
        .await
}

#[test]
fn an_activity_is_called_by_name() {
    let (sent, _) = activity("calls_an_activity_by_name");
    assert_eq!(
        sent.activity_type.map(|t| t.name).as_deref(),
        Some("PackAndShip")
    );
    assert_eq!(
        sent.task_queue.map(|q| q.name).as_deref(),
        Some("warehouse")
    );
    let arguments: Vec<_> = sent.input.unwrap_or_default().payloads;
    let texts: Vec<&[u8]> = arguments.iter().map(|p| &p.data[..]).collect();
    assert_eq!(texts, [&b"\"order-1\""[..], &b"3"[..]]);
}

#[workflow]
async fn is_a_child(_wf: &mut Wf, _name: String) -> Result<String> {
    Ok(String::new())
}

#[workflow]
async fn says_all_of_a_child(wf: &mut Wf) -> Result<String> {
    wf.execute(
        is_a_child::with("Ada")
            .id("the-child")
            .task_queue("elsewhere")
            .execution_timeout(secs(60))
            .run_timeout(secs(50))
            .task_timeout(secs(5))
            .retry_policy(RetryPolicy::new().maximum_attempts(2))
            .parent_close_policy(ParentClosePolicy::RequestCancel)
            .id_reuse_policy(IdReusePolicy::RejectDuplicate)
            .cron_schedule("0 12 * * *")
            .static_summary("child summary")
            .static_details("child details")
            .priority(Priority::new().key(4)),
    )
    .await
}

#[test]
fn every_option_of_a_child_is_sent() {
    let (attributes, summary, details) = only("says_all_of_a_child");
    let Attributes::StartChildWorkflowExecutionCommandAttributes(sent) = attributes else {
        panic!("{attributes:?}")
    };
    assert_eq!(summary.as_deref(), Some("child summary"));
    assert_eq!(details.as_deref(), Some("child details"));
    assert_eq!(
        *sent,
        StartChildWorkflowExecutionCommandAttributes {
            namespace: "default".to_owned(),
            workflow_id: "the-child".to_owned(),
            workflow_type: Some(WorkflowType {
                name: "is_a_child".to_owned()
            }),
            task_queue: Some(TaskQueue {
                name: "elsewhere".to_owned(),
                ..TaskQueue::default()
            }),
            input: Some(temporal_protos::common::Payloads {
                payloads: vec![text_payload("Ada")]
            }),
            workflow_execution_timeout: Some(proto_duration(secs(60))),
            workflow_run_timeout: Some(proto_duration(secs(50))),
            workflow_task_timeout: Some(proto_duration(secs(5))),
            retry_policy: Some(ProtoRetryPolicy {
                maximum_attempts: 2,
                ..ProtoRetryPolicy::default()
            }),
            parent_close_policy: ProtoClosePolicy::RequestCancel.into(),
            workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate.into(),
            cron_schedule: "0 12 * * *".to_owned(),
            priority: Some(ProtoPriority {
                priority_key: 4,
                ..ProtoPriority::default()
            }),
            ..Default::default()
        }
    );
}

#[workflow]
async fn calls_a_child_by_name(wf: &mut Wf) -> Result<u32> {
    wf.execute(workflow_by_name::<u32>("Invoice", (500_u32,)).id("i"))
        .await
}

#[test]
fn what_is_not_said_of_a_child_is_left_to_the_service() {
    let (attributes, summary, details) = only("calls_a_child_by_name");
    let Attributes::StartChildWorkflowExecutionCommandAttributes(sent) = attributes else {
        panic!("{attributes:?}")
    };
    assert_eq!((summary, details), (None, None));
    let timeouts = [
        sent.workflow_execution_timeout,
        sent.workflow_run_timeout,
        sent.workflow_task_timeout,
    ];
    assert_eq!(timeouts, [None; 3]);
    assert!(sent.retry_policy.is_none() && sent.cron_schedule.is_empty());
    assert!(sent.memo.is_none() && sent.search_attributes.is_none());
    assert!(sent.priority.is_none());
}

#[test]
fn a_child_is_called_by_name() {
    let (attributes, ..) = only("calls_a_child_by_name");
    let Attributes::StartChildWorkflowExecutionCommandAttributes(sent) = attributes else {
        panic!("{attributes:?}")
    };
    assert_eq!(
        sent.workflow_type.map(|t| t.name).as_deref(),
        Some("Invoice")
    );
    assert_eq!(sent.task_queue.map(|q| q.name).as_deref(), Some("q"));
}

#[workflow]
async fn waits_with_a_summary(wf: &mut Wf) -> Result<()> {
    wf.execute(timer(secs(3)).summary("a short rest")).await
}

#[workflow]
async fn waits_very_long_and_not_at_all(wf: &mut Wf) -> Result<()> {
    wf.race((timer(Duration::MAX), timer(Duration::ZERO)))
        .await
        .map(drop)
}

#[test]
fn a_timer_has_a_summary() {
    let (attributes, summary, _) = only("waits_with_a_summary");
    assert_eq!(summary.as_deref(), Some("a short rest"));
    assert!(
        matches!(attributes, Attributes::StartTimerCommandAttributes(t) if t.start_to_fire_timeout == Some(proto_duration(secs(3))))
    );
}

#[test]
fn no_timer_is_too_short_or_too_long() {
    let delays: Vec<i64> = commands("waits_very_long_and_not_at_all")
        .into_iter()
        .filter_map(|c| match c.attributes {
            Some(Attributes::StartTimerCommandAttributes(t)) => t.start_to_fire_timeout,
            _ => None,
        })
        .map(|delay| delay.seconds)
        .collect();
    assert_eq!(
        delays,
        [315_576_000_000, 0],
        "10,000 years, which is the longest that protobuf has"
    );
}

#[workflow]
async fn reaches_others(wf: &mut Wf) -> Result<()> {
    let exact = temporal_runtime::ExternalWorkflow::new("other")
        .run_id("run-1")
        .namespace("elsewhere");
    let other = wf.external(exact);
    let signal = other.signal("approve", ("ann", 3_u8));
    let cancel = other.cancel().reason("too late");
    wf.join((signal, cancel)).await.map(drop)
}

#[test]
fn signals_and_cancel_requests_name_their_target() {
    let sent: Vec<Attributes> = commands("reaches_others")
        .into_iter()
        .filter_map(|c| c.attributes)
        .collect();
    let [
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(signal),
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(cancel),
    ] = &sent[..]
    else {
        panic!("{sent:?}")
    };
    let execution = signal.execution.clone().unwrap_or_default();
    assert_eq!(
        (
            &*execution.workflow_id,
            &*execution.run_id,
            &*signal.namespace,
            &*signal.signal_name
        ),
        ("other", "run-1", "elsewhere", "approve")
    );
    assert!(!signal.child_workflow_only);
    assert_eq!(
        signal.input.as_ref().map(|input| input.payloads.len()),
        Some(2)
    );
    assert_eq!(
        (
            &*cancel.workflow_id,
            &*cancel.run_id,
            &*cancel.namespace,
            &*cancel.reason
        ),
        (
            "other",
            "run-1",
            "elsewhere",
            "Cancel requested by workflow with run id r with reason: too late"
        )
    );
}
