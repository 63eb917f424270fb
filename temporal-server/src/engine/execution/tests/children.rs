//! Children and other workflows: what is asked of them, and what comes back.

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::ParentClosePolicy;
use temporal_protos::history::WorkflowExecutionCompletedEventAttributes;

use super::*;
use crate::engine::effect::{ChildStartFailure, ExternalFailure};
use crate::engine::execution::history::event;

pub(super) fn start_child(id: &str, policy: ParentClosePolicy) -> Command {
    command(
        CommandType::StartChildWorkflowExecution,
        StartChildWorkflowExecutionCommandAttributes {
            workflow_id: id.into(),
            workflow_type: Some(temporal_protos::common::WorkflowType {
                name: "child".into(),
            }),
            parent_close_policy: policy.into(),
            ..Default::default()
        },
    )
}

pub(super) fn signal_other(id: &str) -> Command {
    command(
        CommandType::SignalExternalWorkflowExecution,
        SignalExternalWorkflowExecutionCommandAttributes {
            execution: Some(WorkflowExecution {
                workflow_id: id.into(),
                ..WorkflowExecution::default()
            }),
            signal_name: "s".into(),
            ..Default::default()
        },
    )
}

pub(super) fn child_ended(bench: &mut Bench) {
    let end = event(
        bench.now,
        WorkflowExecutionCompletedEventAttributes::default(),
    );
    let child = WorkflowExecution {
        workflow_id: "child".into(),
        run_id: "child-run".into(),
    };
    bench.ask(|run, ctx| run.child_closed(ctx, 5, child, &end));
}

/// A run whose child `child` has been started.
pub(super) fn with_child(policy: ParentClosePolicy) -> Bench {
    let mut bench = Bench::start();
    bench.step(vec![start_child("child", policy)]);
    bench.ask(|run, ctx| run.child_started(ctx, 5, Ok("child-run".into())));
    bench
}

#[test]
fn rule_101_a_child_is_asked_for_started_and_then_released() {
    let mut bench = Bench::start();
    bench.step(vec![start_child("child", ParentClosePolicy::Terminate)]);
    assert!(matches!(
        bench.sent()[..],
        [Message::StartChild { initiated_event_id: 5, child, .. }]
            if child.workflow_id == "child" && child.run.waits_for_parent
    ));
    bench.ask(|run, ctx| run.child_started(ctx, 5, Ok("child-run".into())));
    assert_eq!(bench.last(2), ["ChildStarted", "TaskScheduled"]);
    assert!(matches!(bench.sent()[..], [Message::ReleaseChild { .. }]));
}

#[test]
fn rule_101_a_child_that_cannot_be_started_is_reported() {
    let mut bench = Bench::start();
    bench.step(vec![start_child("child", ParentClosePolicy::Terminate)]);
    let taken = Err(ChildStartFailure::WorkflowAlreadyExists);
    bench.ask(|run, ctx| run.child_started(ctx, 5, taken));
    assert_eq!(bench.last(2), ["StartChildFailed", "TaskScheduled"]);
    assert!(bench.run.children.is_empty());
}

#[test]
fn rule_101_a_child_of_a_closing_task_is_never_started() {
    let mut bench = Bench::start();
    bench.step(vec![
        start_child("child", ParentClosePolicy::Abandon),
        signal_other("other"),
        complete_workflow(),
    ]);
    assert!(bench.sent().is_empty());
}

#[test]
fn rule_103_the_end_of_a_child_reaches_its_parent_once() {
    let mut bench = with_child(ParentClosePolicy::Terminate);
    child_ended(&mut bench);
    assert_eq!(bench.last(1), ["ChildCompleted"]);
    let events = bench.events().len();
    child_ended(&mut bench);
    assert_eq!(bench.events().len(), events);
}

#[test]
fn a_child_that_ends_before_its_start_was_heard_of_is_shown_as_started_first() {
    let mut bench = Bench::start();
    bench.step(vec![start_child("child", ParentClosePolicy::Terminate)]);
    child_ended(&mut bench);
    assert_eq!(
        bench.last(3),
        ["ChildStarted", "TaskScheduled", "ChildCompleted"]
    );
    bench.ask(|run, ctx| run.child_started(ctx, 5, Ok("child-run".into())));
    assert_eq!(bench.last(1), ["ChildCompleted"]);
}

#[test]
fn rule_104_the_close_policy_is_told_to_children() {
    for (policy, told) in [
        (ParentClosePolicy::Terminate, 1),
        (ParentClosePolicy::RequestCancel, 1),
        (ParentClosePolicy::Abandon, 0),
    ] {
        let mut bench = with_child(policy);
        bench.step(vec![complete_workflow()]);
        let closed = |message: &&&Message| matches!(message, Message::ParentClosed { first_run_id, .. } if first_run_id == "child-run");
        assert_eq!(
            bench.sent().iter().filter(closed).count(),
            told,
            "{policy:?}"
        );
    }
}

#[test]
fn rule_105_what_became_of_a_signal_is_written() {
    for (result, written) in [
        (Ok(()), "ExternalSignaled"),
        (Err(ExternalFailure::NotFound), "SignalExternalFailed"),
    ] {
        let mut bench = Bench::start();
        bench.step(vec![signal_other("other")]);
        assert!(matches!(
            bench.sent()[..],
            [Message::Signal {
                initiated_event_id: 5,
                ..
            }]
        ));
        bench.ask(|run, ctx| run.signal_done(ctx, 5, result));
        assert_eq!(bench.last(2), [written, "TaskScheduled"]);
        bench.ask(|run, ctx| run.signal_done(ctx, 5, Ok(())));
        assert_eq!(bench.last(1), ["TaskScheduled"], "only once");
    }
}

#[test]
fn rule_57_other_namespaces_are_out_of_reach() {
    let mut bench = Bench::start();
    let mut child = |namespace: &str| {
        bench.poll();
        let mut command = start_child("child", ParentClosePolicy::Terminate);
        if let Some(CommandAttributes::StartChildWorkflowExecutionCommandAttributes(a)) =
            &mut command.attributes
        {
            a.namespace = namespace.into();
        }
        bench.complete(vec![command]).unwrap_err()
    };
    assert!(matches!(child("other"), Refusal::InvalidArgument(_)));
    assert_eq!(
        child("unknown"),
        Refusal::NamespaceNotFound {
            namespace: "unknown".into()
        }
    );
}
