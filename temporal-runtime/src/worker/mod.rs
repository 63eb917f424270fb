//! The worker: takes tasks from a service, runs workflow and activity code on them, and reports what came of it.
//! Never decides what workflow code means: that is `workflow/`.

mod activities;
mod answers;
mod attempt;
mod cache;
mod deadlock;
#[cfg(test)]
pub(crate) mod driven;
mod eager;
mod heartbeat;
mod history;
mod local_activities;
mod options;
mod pollers;
mod pool;
mod rate;
mod resources;
mod scaling;
mod shutdown;
mod slots;
#[cfg(test)]
mod tests;
mod workflow_tasks;

use std::sync::Arc;

use temporal_protos::{
    enums::{TaskQueueType, WorkerStatus},
    workflowservice::ShutdownWorkerRequest,
};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

pub(crate) use self::shutdown::Shutdown;
pub(crate) use self::{cache::RunCache, deadlock::Detector, pool::Pool};
use self::{
    eager::Eager, heartbeat::Health, pollers::Pollers, rate::Rate, shutdown::Running, slots::Slots,
};
pub use self::{
    options::WorkerOptions,
    scaling::PollerBehavior,
    slots::{ResourceBasedSlots, SlotSupplier},
};
use crate::{
    activity::StateMap,
    client::{Call, Client},
    error::{Error, ErrorKind, Result},
    panics,
    registry::Plan,
};

/// Serves one task queue.
#[derive(Debug)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
}

/// What all workers of an app share.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    pub(crate) pool: Arc<Pool>,
    pub(crate) detector: Detector,
    pub(crate) shutdown: Shutdown,
}

impl Common {
    /// Threads and a detector as the options say; `TEMPORAL_DEBUG` turns the detector off.
    pub(crate) fn new(options: &WorkerOptions) -> Self {
        let debug = options.debug_mode || crate::settings::is_debugging();
        Self {
            pool: Arc::new(Pool::new(options.threads())),
            detector: Detector::new(options.deadlock_timeout.filter(|_| !debug)),
            shutdown: Shutdown::default(),
        }
    }
}

/// What all tasks of a worker share.
struct Shared {
    client: Client,
    plan: Plan,
    state: Arc<StateMap>,
    options: WorkerOptions,
    /// By whom tasks are asked for and answered.
    identity: String,
    /// Tells this worker from others of the same process.
    instance_key: String,
    /// The queue that only this worker polls, for the runs in its cache.
    sticky_queue: String,
    cache: RunCache,
    pool: Arc<Pool>,
    detector: Detector,
    pollers: Pollers,
    workflow_slots: Slots,
    activity_slots: Slots,
    local_activity_slots: Slots,
    activity_rate: Option<Rate>,
    /// Where plain functions wait for a thread, if their number is limited.
    activity_threads: Option<Arc<Semaphore>>,
    eager: Eager,
    health: Health,
    running: Running,
    shutdown: Shutdown,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({})", self.plan.task_queue)
    }
}

impl Worker {
    /// # Errors
    /// What the options ask for cannot be had on this machine.
    pub(crate) fn new(
        client: Client,
        plan: Plan,
        state: Arc<StateMap>,
        mut options: WorkerOptions,
        common: Common,
    ) -> Result<Self> {
        options.interceptors = client.interceptors().around(&options.interceptors);
        let instance_key = Uuid::new_v4().to_string();
        let identity = options
            .identity
            .clone()
            .unwrap_or_else(|| client.identity().to_owned());
        let threads = options.activity_threads;
        Ok(Self {
            shared: Arc::new(Shared {
                cache: RunCache::new(options.max_cached_workflows, options.max_cached_bytes),
                pool: common.pool,
                detector: common.detector,
                pollers: Pollers::new(&options),
                workflow_slots: Slots::new(options.all_workflow_slots())?,
                activity_slots: Slots::new(options.activity_slots.at_least(1))?,
                local_activity_slots: Slots::new(options.local_activity_slots.at_least(1))?,
                activity_rate: Rate::new(options.max_activities_per_second),
                activity_threads: (threads > 0).then(|| Arc::new(Semaphore::new(threads))),
                eager: Eager::default(),
                health: Health::default(),
                running: Running::default(),
                client,
                plan,
                state,
                options,
                sticky_queue: format!("{identity}-{instance_key}"),
                identity,
                instance_key,
                shutdown: common.shutdown,
            }),
        })
    }

    /// The runs that it keeps.
    pub(crate) fn cache(&self) -> RunCache {
        self.shared.cache.clone()
    }

    /// Serves the queue until it is shut down and drained.
    ///
    /// # Errors
    /// The namespace does not exist, or the service refuses this worker for good.
    pub(crate) async fn run(self) -> Result<()> {
        let (queue, namespace) = (
            self.shared.plan.task_queue.clone(),
            self.shared.client.namespace().to_owned(),
        );
        self.serve().await.map_err(|error| {
            error.within(&format!(
                "the worker of task queue `{queue}` in namespace `{namespace}` cannot go on"
            ))
        })
    }

    async fn serve(self) -> Result<()> {
        panics::install_hook();
        let worker = self.shared;
        let namespace = worker.client.describe_namespace().await?;
        let capabilities = namespace
            .namespace_info
            .and_then(|info| info.capabilities)
            .unwrap_or_default();
        let heartbeats = (worker.options.worker_heartbeat_interval)
            .filter(|interval| capabilities.worker_heartbeats && !interval.is_zero());
        let ends = capabilities.worker_poll_complete_on_shutdown;
        let mut pollers = JoinSet::new();
        for poller in worker.pollers.of_plan(&worker.plan) {
            pollers.spawn(pollers::run(worker.clone(), poller, ends));
        }
        let listed = worker
            .client
            .local_workers()
            .enter(worker.as_local_worker());
        let served = async {
            let ended = worker.watch(&mut pollers).await;
            drop(listed);
            if worker.shutdown.is_requested() {
                let goodbye = worker.say_goodbye(heartbeats.is_some());
                tokio::join!(goodbye, worker.drain(&mut pollers));
            }
            ended
        };
        tokio::select! {
            biased;
            ended = served => ended,
            never = worker.send_worker_heartbeats(heartbeats) => match never {},
        }
    }
}

impl Shared {
    /// Until a shutdown is asked for, or a poller cannot go on.
    async fn watch(&self, pollers: &mut JoinSet<Result<()>>) -> Result<()> {
        loop {
            let ended = tokio::select! {
                () = self.shutdown.requested() => return Ok(()),
                ended = pollers.join_next() => ended,
            };
            match ended {
                None => return Ok(()),
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => {
                    self.shutdown.request();
                    return Err(error);
                }
                Some(Err(panic)) => {
                    self.shutdown.request();
                    return Err(Error::new(
                        ErrorKind::Other,
                        format!("a poller of the worker ended unexpectedly: {panic}"),
                    ));
                }
            }
        }
    }

    /// Tells the service that nobody polls here any more.
    async fn say_goodbye(&self, with_heartbeat: bool) {
        let kinds = [
            (!self.plan.workflows.is_empty(), TaskQueueType::Workflow),
            (!self.plan.activities.is_empty(), TaskQueueType::Activity),
        ];
        let request = ShutdownWorkerRequest {
            namespace: self.client.namespace().to_owned(),
            sticky_task_queue: self.sticky_queue.clone(),
            identity: self.identity.clone(),
            worker_heartbeat: with_heartbeat
                .then(|| self.worker_heartbeat(WorkerStatus::ShuttingDown)),
            reason: "graceful shutdown".to_owned(),
            worker_instance_key: self.instance_key.clone(),
            task_queue: self.plan.task_queue.clone(),
            task_queue_types: kinds
                .iter()
                .filter(|(served, _)| *served)
                .map(|(_, kind)| (*kind).into())
                .collect(),
        };
        let answer = self
            .client
            .connection()
            .shutdown_worker(request, self.client.namespace(), Call::Once)
            .await;
        if let Err(failure) = answer {
            tracing::debug!(
                "the service was not told of the shutdown: {}",
                failure.message
            );
        }
    }
}
