//! The worker: takes tasks from a service, runs workflow and activity code on them, and reports what came of it.
//! Never decides what workflow code means: that is `workflow/`.

mod activities;
mod answers;
mod attempt;
mod cache;
mod deadlock;
#[cfg(test)]
pub(crate) mod driven;
mod history;
mod options;
mod pollers;
mod pool;
mod shutdown;
#[cfg(test)]
mod tests;
mod workflow_tasks;

use std::sync::Arc;

use temporal_protos::{enums::TaskQueueType, workflowservice::ShutdownWorkerRequest};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

pub use self::options::WorkerOptions;
pub(crate) use self::shutdown::Shutdown;
pub(crate) use self::{cache::RunCache, deadlock::Detector, pool::Pool};
use self::{pollers::Poll, shutdown::Running};
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
    /// Tells this worker from others of the same process.
    instance_key: String,
    /// The queue that only this worker polls, for the runs in its cache.
    sticky_queue: String,
    cache: RunCache,
    pool: Arc<Pool>,
    detector: Detector,
    workflow_slots: Arc<Semaphore>,
    activity_slots: Arc<Semaphore>,
    running: Running,
    shutdown: Shutdown,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({})", self.plan.task_queue)
    }
}

impl Worker {
    pub(crate) fn new(
        client: Client,
        plan: Plan,
        state: Arc<StateMap>,
        options: WorkerOptions,
        common: Common,
    ) -> Self {
        let instance_key = Uuid::new_v4().to_string();
        let sticky_queue = format!("{}-{instance_key}", client.identity());
        Self {
            shared: Arc::new(Shared {
                cache: RunCache::new(options.max_cached_workflows, options.max_cached_bytes),
                pool: common.pool,
                detector: common.detector,
                workflow_slots: Arc::new(Semaphore::new(options.workflow_slots())),
                activity_slots: Arc::new(Semaphore::new(options.activity_slots())),
                running: Running::default(),
                client,
                plan,
                state,
                options,
                instance_key,
                sticky_queue,
                shutdown: common.shutdown,
            }),
        }
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
        panics::install_hook();
        let worker = self.shared;
        let namespace = worker.client.describe_namespace().await?;
        let capabilities = namespace.namespace_info.and_then(|i| i.capabilities);
        let polls_end_on_shutdown =
            capabilities.is_some_and(|c| c.worker_poll_complete_on_shutdown);
        let mut pollers = JoinSet::new();
        for poll in worker.polls() {
            pollers.spawn(pollers::run(worker.clone(), poll, polls_end_on_shutdown));
        }
        let ended = worker.watch(&mut pollers).await;
        if worker.shutdown.is_requested() {
            tokio::join!(worker.say_goodbye(), worker.drain(&mut pollers));
        }
        ended
    }
}

impl Shared {
    fn polls(&self) -> Vec<Poll> {
        let mut polls = Vec::new();
        if !self.plan.workflows.is_empty() {
            let (own, shared) = self.options.workflow_polls();
            polls.extend(std::iter::repeat_n(Poll::StickyWorkflow, own));
            polls.extend(std::iter::repeat_n(Poll::Workflow, shared));
        }
        if !self.plan.activities.is_empty() {
            let pollers = self
                .options
                .activity_pollers
                .clamp(1, self.options.activity_slots());
            polls.extend(std::iter::repeat_n(Poll::Activity, pollers));
        }
        polls
    }

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
    async fn say_goodbye(&self) {
        let kinds = [
            (!self.plan.workflows.is_empty(), TaskQueueType::Workflow),
            (!self.plan.activities.is_empty(), TaskQueueType::Activity),
        ];
        let request = ShutdownWorkerRequest {
            namespace: self.client.namespace().to_owned(),
            sticky_task_queue: self.sticky_queue.clone(),
            identity: self.client.identity().to_owned(),
            reason: "graceful shutdown".to_owned(),
            worker_instance_key: self.instance_key.clone(),
            task_queue: self.plan.task_queue.clone(),
            task_queue_types: kinds
                .iter()
                .filter(|(served, _)| *served)
                .map(|(_, kind)| (*kind).into())
                .collect(),
            ..Default::default()
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
