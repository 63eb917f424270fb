//! Heartbeats of the worker itself.

use temporal_protos::{
    enums::WorkerStatus, namespace::namespace_info::Capabilities, worker::WorkerHeartbeat,
};

use super::{
    app,
    scripted::{Answer, Script},
};
use crate::{SlotSupplier, WorkerOptions, prelude::*, testing::block_on};

#[workflow]
async fn nothing(_wf: &mut Wf) -> Result<()> {
    Ok(())
}

#[activity(start_to_close = "10s")]
async fn nothing_either() -> Result<()> {
    Ok(())
}

fn options() -> WorkerOptions {
    WorkerOptions::new()
        .identity("healthy")
        .workflow_pollers(4)
        .activity_pollers(3)
        .activity_slots(SlotSupplier::Fixed(10))
}

fn check(heartbeat: &WorkerHeartbeat, status: WorkerStatus) {
    assert_eq!(heartbeat.status(), status);
    assert_eq!(heartbeat.worker_identity, "healthy");
    assert_eq!(heartbeat.task_queue, "health");
    assert!(!heartbeat.worker_instance_key.is_empty());
    assert_eq!(heartbeat.sdk_name, "temporal-rust");
    let host = heartbeat.host_info.clone().unwrap_or_default();
    assert_eq!(host.process_id, std::process::id().to_string());
    assert!(heartbeat.start_time.is_some() && heartbeat.heartbeat_time.is_some());
    let activities = heartbeat
        .activity_task_slots_info
        .clone()
        .unwrap_or_default();
    assert_eq!(
        activities.current_available_slots + activities.current_used_slots,
        10
    );
    assert_eq!(activities.slot_supplier_kind, "Fixed");
    let pollers = |info: &Option<temporal_protos::worker::WorkerPollerInfo>| {
        info.as_ref().map_or(0, |info| info.current_pollers)
    };
    assert_eq!(pollers(&heartbeat.activity_poller_info), 3);
    assert_eq!(pollers(&heartbeat.workflow_poller_info), 2);
    assert_eq!(pollers(&heartbeat.workflow_sticky_poller_info), 2);
}

#[test]
fn where_the_namespace_wants_them_they_are_sent() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::with(Capabilities {
            worker_heartbeats: true,
            ..Capabilities::default()
        });
        let workers = app(module_path!(), options())
            .task_queue("health")
            .start(&client)?;
        let Answer::WorkerHeartbeat(sent) = script.answer().await else {
            panic!("no heartbeat")
        };
        assert_eq!(sent.identity, "healthy");
        check(&sent.worker_heartbeat[0], WorkerStatus::Running);
        workers.shutdown().await?;
        let Answer::Goodbye(goodbye) = script.answer().await else {
            panic!("no goodbye")
        };
        let last = goodbye.worker_heartbeat.ok_or("no last heartbeat")?;
        check(&last, WorkerStatus::ShuttingDown);
        assert!(last.elapsed_since_last_heartbeat.is_some());
        Ok(())
    })
}

#[test]
fn elsewhere_or_switched_off_they_are_not() -> Result<()> {
    block_on(async {
        let wants = Capabilities {
            worker_heartbeats: true,
            ..Capabilities::default()
        };
        let never = options().worker_heartbeat_interval(Duration::ZERO);
        for (capabilities, options) in [(Capabilities::default(), options()), (wants, never)] {
            let (mut script, client) = Script::with(capabilities);
            let workers = app(module_path!(), options)
                .task_queue("health")
                .start(&client)?;
            script.workflow_poll().await;
            workers.shutdown().await?;
            let Answer::Goodbye(goodbye) = script.answer().await else {
                panic!("something was sent before the goodbye")
            };
            assert!(goodbye.worker_heartbeat.is_none());
        }
        Ok(())
    })
}
