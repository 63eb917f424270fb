//! What stays of runs that have ended: as many bytes as are allowed, for as long as their namespace keeps them.

use std::time::Duration;

use temporal_protos::command::{Command, CompleteWorkflowExecutionCommandAttributes};
use temporal_protos::common::WorkflowType;
use temporal_protos::enums::CommandType;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::*;

use super::memory::Recorder;
use super::program::payloads;
use super::{Limits, START, World};
use crate::driver::entry::{Cell, Entry};
use crate::driver::{PollingWorker, held};

const WORKER: PollingWorker<'_> = PollingWorker {
    identity: "worker",
    instance: "",
    rate: None,
    build: None,
};

/// Starts so many workflows, and ends them.
pub(super) async fn run(world: &mut World, ids: std::ops::Range<usize>) {
    for number in ids {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: format!("w{number}"),
            workflow_type: Some(WorkflowType {
                name: "probe".into(),
            }),
            task_queue: Some(TaskQueue {
                name: "q".into(),
                ..TaskQueue::default()
            }),
            input: payloads(&"x".repeat(1000)),
            ..Default::default()
        };
        world
            .client
            .start_workflow_execution(request)
            .await
            .unwrap();
        let polled = world
            .driver
            .poll_workflow_task(&world.namespace, "q", WORKER, Duration::ZERO);
        let polled = polled.await.unwrap();
        let task = polled.expect("a workflow has just been started").task;
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.into_proto().task_token,
            commands: vec![Command {
                command_type: CommandType::CompleteWorkflowExecution.into(),
                attributes: Some(CompleteWorkflowExecutionCommandAttributes::default().into()),
                ..Command::default()
            }],
            ..Default::default()
        };
        let answer = world.client.respond_workflow_task_completed(request).await;
        answer.unwrap();
    }
    world.settle().await;
    world.driver.bound_closed_runs();
    // the store has heard of those that went
    world.settle().await;
}

fn bounded(recorder: &Recorder, bytes: u64, shown: Duration) -> World {
    let limits = Limits {
        closed_bytes: bytes,
        ..Limits::default()
    };
    World::limited(1, recorder.opened(), shown, limits)
}

#[tokio::test]
async fn closed_runs_and_their_rows_stay_within_their_bytes() {
    let recorder = Recorder::default();
    let mut world = bounded(&recorder, 30_000, START);
    let mut least = usize::MAX;
    for number in 0..40 {
        run(&mut world, number..number + 1).await;
        let kept = held(&world.driver.closed_runs).bytes();
        assert!(kept <= 30_000, "{kept} bytes after {number}");
        if number >= 20 {
            least = least.min(world.run_ids().len());
        }
    }
    // Most of them are only in the store, and the rows alone are too many: the oldest are gone for good.
    let ids = world.run_ids();
    assert!(
        (10..30).contains(&ids.len()) && least >= 10,
        "{}",
        ids.len()
    );
    assert_eq!(
        recorder.stored_runs(),
        ids.len(),
        "they are gone from the store as well"
    );
    assert!(world.newest_run("w0").is_none());
    // Those that are left are read back.
    let entry = world.driver.find(&world.namespace, "w39").unwrap();
    let mut chain = entry.lock();
    assert!(chain.newest().unwrap().is_some());
    drop(chain);
    // A deleted one leaves its bytes.
    let before = held(&world.driver.closed_runs).bytes();
    let request = DeleteWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: Some(temporal_protos::common::WorkflowExecution {
            workflow_id: "w39".into(),
            ..Default::default()
        }),
    };
    world
        .client
        .delete_workflow_execution(request)
        .await
        .unwrap();
    assert!(held(&world.driver.closed_runs).bytes() < before);
}

#[tokio::test]
async fn retention_takes_runs_from_memory_lists_and_store() {
    let recorder = Recorder::default();
    let mut world = bounded(&recorder, 1 << 30, START);
    run(&mut world, 0..3).await;
    drop(world);
    // The namespace keeps them for a day. What ended an hour later stays.
    let hour = Duration::from_secs(3600);
    let mut world = bounded(&recorder, 1 << 30, START + hour);
    run(&mut world, 3..5).await;
    world.driver.drop_expired();
    assert_eq!(world.run_ids().len(), 5);
    drop(world);
    let world = bounded(&recorder, 1 << 30, START + 24 * hour + hour / 2);
    assert_eq!(world.run_ids().len(), 2, "they go as soon as all are known");
    world.settle().await;
    assert_eq!(world.workflow_ids(), ["w3", "w4"]);
    assert_eq!(recorder.stored_runs(), 2);
}

/// With the ids, the row in lists and the places in four maps a closed run takes 780 bytes, as measured over 200,000.
#[test]
fn little_is_kept_of_a_closed_run() {
    let sizes = [size_of::<Cell>(), size_of::<Entry>()];
    assert!(sizes[0] <= 72 && sizes[1] <= 112, "{sizes:?}");
}
