//! Resets through the public door: chains, and children that meet their parent's new run.

use temporal_protos::command::*;
use temporal_protos::common::WorkflowType;
use temporal_protos::enums::{CommandType, EventType};
use temporal_protos::workflowservice::*;
use temporal_server::{ServerHandle, ServerOptions, TimeSkipping};

use crate::common::{self, Client, command, new_workflow, queue, run, signal, step};

/// A service, and a worker played by hand.
struct World {
    _server: ServerHandle,
    client: Client,
}

impl World {
    async fn new() -> Self {
        let mut options = ServerOptions::default();
        // a run after another waits for a second, which nobody has to
        options.time_skipping = TimeSkipping::Unlocked;
        let (_server, client) = common::service(options).await;
        Self { _server, client }
    }

    async fn start(&mut self, id: &str) -> String {
        let request = StartWorkflowExecutionRequest {
            task_queue: queue(id),
            ..new_workflow(id)
        };
        self.client
            .start_workflow_execution(request)
            .await
            .unwrap()
            .into_inner()
            .run_id
    }

    async fn step(&mut self, queue_name: &str, commands: Vec<Command>) {
        step(&mut self.client, queue_name, commands).await.unwrap();
    }

    async fn signal(&mut self, id: &str, name: &str) {
        signal(&mut self.client, id, name, None).await.unwrap();
    }

    async fn reset(&mut self, id: &str, run_id: &str, at: i64) -> String {
        let request = ResetWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: run(id, run_id),
            workflow_task_finish_event_id: at,
            request_id: "reset".into(),
            ..Default::default()
        };
        self.client
            .reset_workflow_execution(request)
            .await
            .unwrap()
            .into_inner()
            .run_id
    }

    /// The types of all events of a run, without the prefix.
    async fn events(&mut self, id: &str, run_id: &str) -> Vec<&'static str> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".into(),
            execution: run(id, run_id),
            ..Default::default()
        };
        let page = self
            .client
            .get_workflow_execution_history(request)
            .await
            .unwrap();
        let events = page.into_inner().history.unwrap().events;
        let kind = |event: i32| EventType::try_from(event).unwrap().as_str_name();
        (events.iter())
            .map(|event| kind(event.event_type).trim_start_matches("EVENT_TYPE_WORKFLOW_"))
            .collect()
    }
}

#[tokio::test]
async fn rule_114_signals_of_the_runs_that_followed_come_again() {
    let mut world = World::new().await;
    let first = world.start("chain").await;
    world.step("chain", vec![]).await;
    world.signal("chain", "to the first").await;
    let again = ContinueAsNewWorkflowExecutionCommandAttributes::default();
    world
        .step(
            "chain",
            vec![command(CommandType::ContinueAsNewWorkflowExecution, again)],
        )
        .await;
    world.signal("chain", "to the second").await;
    let made = world.reset("chain", &first, 4).await;
    assert_eq!(
        world.events("chain", "").await,
        [
            "EXECUTION_STARTED",
            "TASK_SCHEDULED",
            "TASK_STARTED",
            "TASK_FAILED",
            "EXECUTION_SIGNALED",
            "EXECUTION_SIGNALED",
            "TASK_SCHEDULED"
        ]
    );
    // the second run was current, and gave way
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: run("chain", &first),
    };
    let described = world
        .client
        .describe_workflow_execution(request)
        .await
        .unwrap()
        .into_inner();
    let extended = described.workflow_extended_info.unwrap();
    assert_eq!(extended.reset_run_id, made);
    let count = CountWorkflowExecutionsRequest {
        namespace: "default".into(),
        query: "ExecutionStatus = 'Terminated'".into(),
    };
    let terminated = world.client.count_workflow_executions(count).await.unwrap();
    assert_eq!(terminated.into_inner().count, 1);
}

fn start_child() -> Command {
    command(
        CommandType::StartChildWorkflowExecution,
        StartChildWorkflowExecutionCommandAttributes {
            workflow_id: "child".into(),
            workflow_type: Some(WorkflowType {
                name: "child".into(),
            }),
            task_queue: queue("child"),
            ..Default::default()
        },
    )
}

fn signal_child() -> Command {
    command(
        CommandType::SignalExternalWorkflowExecution,
        SignalExternalWorkflowExecutionCommandAttributes {
            execution: run("child", ""),
            signal_name: "s".into(),
            child_workflow_only: true,
            ..Default::default()
        },
    )
}

#[tokio::test]
async fn rule_115_a_parent_that_was_reset_twice_still_has_its_child() {
    let mut world = World::new().await;
    let first = world.start("parent").await;
    world.step("parent", vec![start_child()]).await;
    world.step("parent", vec![]).await;
    // both ended runs leave the child alone
    world.reset("parent", &first, 9).await;
    world.step("parent", vec![]).await;
    world.reset("parent", &first, 9).await;
    world.step("parent", vec![signal_child()]).await;
    assert!(
        world
            .events("parent", "")
            .await
            .contains(&"EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED"),
        "it is the child of whoever took its parent's place"
    );
    world.step("child", vec![]).await;
    let done = CompleteWorkflowExecutionCommandAttributes::default();
    world.signal("child", "end").await;
    world
        .step(
            "child",
            vec![command(CommandType::CompleteWorkflowExecution, done)],
        )
        .await;
    assert_eq!(
        world.events("parent", "").await.last(),
        Some(&"EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED")
    );
}
