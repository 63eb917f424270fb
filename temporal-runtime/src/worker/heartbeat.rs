//! Heartbeats of the worker itself: what it does and how busy it is, for whoever looks after workers. Sent only where
//! the namespace wants them.

use std::{
    convert::Infallible,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use temporal_protos::{
    enums::WorkerStatus,
    worker::{WorkerHeartbeat, WorkerHostInfo, WorkerPollerInfo, WorkerSlotsInfo},
    workflowservice::RecordWorkerHeartbeatRequest,
};

use super::{
    Shared,
    pollers::Poll,
    slots::{SlotSupplier, Slots},
};
use crate::{
    client::{Call, Code, host_name},
    convert::{proto_duration, proto_time},
};

/// What is counted between heartbeats.
#[derive(Debug)]
pub(super) struct Health {
    started: SystemTime,
    pub(super) cache_hits: AtomicU64,
    pub(super) cache_misses: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    workflow_tasks: usize,
    activities: usize,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            cache_hits: AtomicU64::new(0),
            cache_misses: AtomicU64::new(0),
            last: Mutex::default(),
        }
    }
}

impl Health {
    /// A workflow task found its run in the cache, or did not.
    pub(super) fn looked_up(&self, found: bool) {
        let counter = if found {
            &self.cache_hits
        } else {
            &self.cache_misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// Sends heartbeats until this is dropped; none without an interval, or once the service says that it knows none.
    pub(super) async fn send_worker_heartbeats(&self, interval: Option<Duration>) -> Infallible {
        let Some(interval) = interval else {
            return std::future::pending().await;
        };
        loop {
            let status = if self.shutdown.is_requested() {
                WorkerStatus::ShuttingDown
            } else {
                WorkerStatus::Running
            };
            let request = RecordWorkerHeartbeatRequest {
                namespace: self.client.namespace().to_owned(),
                identity: self.identity.clone(),
                worker_heartbeat: vec![self.worker_heartbeat(status)],
                ..Default::default()
            };
            let answer = self
                .client
                .connection()
                .record_worker_heartbeat(request, self.client.namespace(), Call::Once)
                .await;
            match answer {
                Ok(_) => {}
                Err(failure) if failure.code == Code::Unimplemented => {
                    return std::future::pending().await;
                }
                Err(failure) => tracing::debug!(
                    "a heartbeat of the worker was not taken: {}",
                    failure.message
                ),
            }
            tokio::time::sleep(interval).await;
        }
    }

    pub(super) fn worker_heartbeat(&self, status: WorkerStatus) -> WorkerHeartbeat {
        let health = &self.health;
        let mut last = health.last.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = last.at.replace(Instant::now()).map(|at| at.elapsed());
        let (workflow_tasks, activities) = (self.workflow_slots.done(), self.activity_slots.done());
        let before = (
            std::mem::replace(&mut last.workflow_tasks, workflow_tasks),
            std::mem::replace(&mut last.activities, activities),
        );
        drop(last);
        let does_workflows = !self.plan.workflows.is_empty();
        let does_activities = !self.plan.activities.is_empty();
        WorkerHeartbeat {
            worker_instance_key: self.instance_key.clone(),
            worker_identity: self.identity.clone(),
            host_info: Some(host_info()),
            task_queue: self.plan.task_queue.clone(),
            sdk_name: "temporal-rust".to_owned(),
            sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            status: status.into(),
            start_time: Some(proto_time(health.started)),
            heartbeat_time: Some(proto_time(SystemTime::now())),
            elapsed_since_last_heartbeat: elapsed.map(proto_duration),
            workflow_task_slots_info: does_workflows
                .then(|| slots_info(&self.workflow_slots, before.0)),
            activity_task_slots_info: does_activities
                .then(|| slots_info(&self.activity_slots, before.1)),
            workflow_poller_info: does_workflows.then(|| self.poller_info(Poll::Workflow)),
            workflow_sticky_poller_info: (does_workflows && !self.cache.is_off())
                .then(|| self.poller_info(Poll::StickyWorkflow)),
            activity_poller_info: does_activities.then(|| self.poller_info(Poll::Activity)),
            total_sticky_cache_hit: clamped(health.cache_hits.load(Ordering::Relaxed)),
            total_sticky_cache_miss: clamped(health.cache_misses.load(Ordering::Relaxed)),
            current_sticky_cache_size: clamped(self.cache.len()),
            ..WorkerHeartbeat::default()
        }
    }

    fn poller_info(&self, poll: Poll) -> WorkerPollerInfo {
        let scaler = self.pollers.of(poll);
        WorkerPollerInfo {
            current_pollers: clamped(scaler.target()),
            is_autoscaling: scaler.is_scaling(),
            ..WorkerPollerInfo::default()
        }
    }
}

fn slots_info(slots: &Slots, done_before: usize) -> WorkerSlotsInfo {
    let (used, done) = (slots.used(), slots.done());
    let kind = match slots.supplier() {
        SlotSupplier::Fixed(_) => "Fixed",
        SlotSupplier::ResourceBased(_) => "ResourceBased",
    };
    WorkerSlotsInfo {
        current_available_slots: clamped(slots.supplier().most().saturating_sub(used)),
        current_used_slots: clamped(used),
        slot_supplier_kind: kind.to_owned(),
        total_processed_tasks: clamped(done),
        last_interval_processed_tasks: clamped(done.saturating_sub(done_before)),
        ..WorkerSlotsInfo::default()
    }
}

fn host_info() -> WorkerHostInfo {
    WorkerHostInfo {
        host_name: host_name(),
        process_id: std::process::id().to_string(),
        ..WorkerHostInfo::default()
    }
}

fn clamped<T: TryInto<i32>>(count: T) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
