//! A disk that is full, or fails, as callers see it; and the same service once it is well again.

use std::sync::{Arc, Mutex};

use temporal_protos::common::WorkflowType;
use temporal_protos::errordetails::ResourceExhaustedFailure;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::*;
use tonic::{Code, Status};

use super::World;
use super::audit::Audit;
use super::program::{drain, payloads};
use crate::store::scratch::{Folder, Room, Troubled};

fn start(id: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: id.into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: Some(TaskQueue {
            name: "q".into(),
            ..TaskQueue::default()
        }),
        input: payloads(&"x".repeat(20_000)),
        request_id: format!("start of {id}"),
        ..Default::default()
    }
}

fn signal(id: &str) -> SignalWorkflowExecutionRequest {
    SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: Some(temporal_protos::common::WorkflowExecution {
            workflow_id: id.into(),
            ..Default::default()
        }),
        signal_name: "signal".into(),
        request_id: "once".into(),
        ..Default::default()
    }
}

/// Goes on until the store takes changes again.
async fn well_again(world: &World, room: &Arc<Mutex<Room>>) {
    *room.lock().unwrap() = Room::Plenty;
    while world.driver.store_is_failing() {
        tokio::task::yield_now().await;
    }
    world.settle().await;
}

fn set(room: &Arc<Mutex<Room>>, to: Room) {
    *room.lock().unwrap() = to;
}

#[tokio::test]
async fn a_full_disk_refuses_changes_keeps_what_was_acknowledged_and_goes_on_when_there_is_room() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    let (opened, room) = Troubled::open(&path);
    let mut world = World::with(1, opened);
    let mut runs = Vec::new();
    for number in 0..3 {
        let started = world
            .client
            .start_workflow_execution(start(&format!("w{number}")))
            .await;
        runs.push(started.unwrap().into_inner().run_id);
    }
    set(&room, Room::None);
    let refusal = world
        .client
        .start_workflow_execution(start("w3"))
        .await
        .unwrap_err();
    check_full(&refusal, path.to_str().unwrap());
    // Whoever comes is told so at once: to change something, or to see what is not kept yet.
    let signalled = world.client.signal_workflow_execution(signal("w0")).await;
    check_full(&signalled.unwrap_err(), path.to_str().unwrap());
    let listed = world
        .client
        .list_workflow_executions(ListWorkflowExecutionsRequest {
            namespace: "default".into(),
            ..Default::default()
        });
    check_full(&listed.await.unwrap_err(), path.to_str().unwrap());
    // Time waits: what it does could not be kept.
    let before = world.driver.now();
    world.driver.jump(std::time::Duration::from_secs(60));
    assert!(world.driver.now() > before);

    well_again(&world, &room).await;
    let again = world
        .client
        .start_workflow_execution(start("w3"))
        .await
        .unwrap();
    runs.push(again.into_inner().run_id);
    world
        .client
        .signal_workflow_execution(signal("w0"))
        .await
        .unwrap();
    drop(world);

    let (opened, _) = Troubled::open(&path);
    let mut world = World::with(1, opened);
    let mut found = world.run_ids();
    runs.sort();
    found.sort();
    assert_eq!(found, runs, "each was started once");
    drain(&mut world).await;
    Audit::of(&world).check("after a full disk");
}

fn check_full(refusal: &Status, path: &str) {
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    let text = refusal.message();
    assert!(
        text.contains(&format!("no room for changes in {path}")),
        "{text}"
    );
    assert!(text.contains("the service goes on by itself"), "{text}");
    let status: temporal_protos::google::rpc::Status =
        prost::Message::decode(refusal.details()).unwrap();
    let detail: ResourceExhaustedFailure = status.details[0].to_msg().unwrap();
    use temporal_protos::enums::ResourceExhaustedCause as Cause;
    assert_eq!(detail.cause(), Cause::PersistenceStorageLimit);
}

#[tokio::test]
async fn a_disk_that_fails_refuses_changes_and_what_is_sent_again_is_taken_once() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    let (opened, room) = Troubled::open(&path);
    let mut world = World::with(2, opened);
    world
        .client
        .start_workflow_execution(start("w0"))
        .await
        .unwrap();
    set(&room, Room::Broken);
    for _ in 0..3 {
        let refusal = world
            .client
            .signal_workflow_execution(signal("w0"))
            .await
            .unwrap_err();
        assert_eq!(refusal.code(), Code::Unavailable, "{refusal:?}");
        let text = refusal.message();
        assert!(
            text.contains("(disk I/O error): they are tried again until they are"),
            "{text}"
        );
    }
    well_again(&world, &room).await;
    world
        .client
        .signal_workflow_execution(signal("w0"))
        .await
        .unwrap();
    drop(world);

    let (opened, _) = Troubled::open(&path);
    let mut world = World::with(2, opened);
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: signal("w0").workflow_execution,
        ..Default::default()
    };
    let page = world
        .client
        .get_workflow_execution_history(request)
        .await
        .unwrap();
    let events = page.into_inner().history.unwrap().events;
    let signals = events.iter().filter(|event| {
        event.event_type() == temporal_protos::enums::EventType::WorkflowExecutionSignaled
    });
    assert_eq!(signals.count(), 1);
    drain(&mut world).await;
    Audit::of(&world).check("after a disk that failed");
}
