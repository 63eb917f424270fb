//! The poll loops: take a slot, ask for a task, hand it on. Never looks into a task.

use std::{future::Future, sync::Arc, time::Duration};

use temporal_protos::{
    common::WorkerVersionCapabilities,
    enums::TaskQueueKind,
    taskqueue::{TaskQueue, TaskQueueMetadata},
    workflowservice::{PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest},
};
use tokio::task::JoinSet;

use super::{
    Shared, WorkerOptions, activities,
    scaling::{PollerBehavior, Scaler},
    slots::{Slot, Slots},
    workflow_tasks,
};
use crate::{
    client::{Call, Code, RpcFailure},
    error::Result,
    registry::Plan,
};

/// What one poller polls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poll {
    /// Tasks of any run.
    Workflow,
    /// Tasks of the runs in this worker's cache.
    StickyWorkflow,
    Activity,
}

/// One poller of several of its kind.
#[derive(Debug, Clone)]
pub(super) struct Poller {
    pub(super) poll: Poll,
    /// Its number among them, from 0.
    pub(super) nth: usize,
    pub(super) scaler: Arc<Scaler>,
}

/// The pollers of a worker, by what they poll for.
#[derive(Debug)]
pub(super) struct Pollers {
    sticky: Arc<Scaler>,
    workflow: Arc<Scaler>,
    activity: Arc<Scaler>,
    has_sticky_queue: bool,
}

impl Pollers {
    pub(super) fn new(options: &WorkerOptions) -> Self {
        let (own, shared) = options.workflow_polls();
        let activities = options
            .activity_pollers
            .bounded(options.activity_slots.at_least(1).most());
        Self {
            has_sticky_queue: own.is_some(),
            sticky: Arc::new(Scaler::new(own.unwrap_or(PollerBehavior::Fixed(1)))),
            workflow: Arc::new(Scaler::new(shared)),
            activity: Arc::new(Scaler::new(activities)),
        }
    }

    pub(super) const fn of(&self, poll: Poll) -> &Arc<Scaler> {
        match poll {
            Poll::Workflow => &self.workflow,
            Poll::StickyWorkflow => &self.sticky,
            Poll::Activity => &self.activity,
        }
    }

    /// Those that have something to poll for.
    pub(super) fn of_plan(&self, plan: &Plan) -> Vec<Poller> {
        let workflows = !plan.workflows.is_empty();
        let polls = [
            (Poll::StickyWorkflow, workflows && self.has_sticky_queue),
            (Poll::Workflow, workflows),
            (Poll::Activity, !plan.activities.is_empty()),
        ];
        let wanted = polls.into_iter().filter(|(_, wanted)| *wanted);
        wanted
            .flat_map(|(poll, _)| {
                let scaler = self.of(poll).clone();
                (0..scaler.maximum()).map(move |nth| Poller {
                    poll,
                    nth,
                    scaler: scaler.clone(),
                })
            })
            .collect()
    }
}

/// How long the service may take to end a poll once it was told of the shutdown.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// After an answer that should not be: so that no loop turns without rest.
const PAUSE: Duration = Duration::from_millis(200);

/// Polls until shutdown, then waits for what it started.
pub(super) async fn run(
    worker: Arc<Shared>,
    poller: Poller,
    polls_end_on_shutdown: bool,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    let ended = loop {
        while tasks.try_join_next().is_some() {}
        let Some(slot) = slot(&worker, &poller).await else {
            break Ok(());
        };
        let polled = worker.poll_once(&poller, slot, &mut tasks);
        match until_shutdown(&worker, polled, polls_end_on_shutdown).await {
            None => break Ok(()),
            Some(Ok(())) => {}
            Some(Err(failure)) if is_quiet(&failure) => tokio::time::sleep(PAUSE).await,
            Some(Err(failure)) => break Err(failure.into_error(None)),
        }
    };
    while tasks.join_next().await.is_some() {}
    ended
}

/// A free slot when it is this poller's turn, or none if the worker shuts down.
async fn slot(worker: &Shared, poller: &Poller) -> Option<Slot> {
    let slots: &Slots = match poller.poll {
        Poll::Workflow | Poll::StickyWorkflow => &worker.workflow_slots,
        Poll::Activity => &worker.activity_slots,
    };
    let reserved = async {
        poller.scaler.turn(poller.nth).await;
        if let (Poll::Activity, Some(rate)) = (poller.poll, &worker.activity_rate) {
            rate.turn().await;
        }
        slots.reserve().await
    };
    tokio::select! {
        biased;
        () = worker.shutdown.requested() => None,
        slot = reserved => Some(slot),
    }
}

/// A poll whose answer is on its way is not dropped, because its task would be lost until it times out.
async fn until_shutdown<T>(
    worker: &Shared,
    polled: impl Future<Output = T>,
    polls_end_on_shutdown: bool,
) -> Option<T> {
    let mut polled = std::pin::pin!(polled);
    tokio::select! {
        biased;
        answer = &mut polled => return Some(answer),
        () = worker.shutdown.requested() => {}
    }
    if !polls_end_on_shutdown {
        return None;
    }
    tokio::time::timeout(LAST_ANSWER, polled).await.ok()
}

/// A poll that ended without an answer, rather than with a refusal.
fn is_quiet(failure: &RpcFailure) -> bool {
    matches!(failure.code, Code::Cancelled | Code::DeadlineExceeded)
}

impl Shared {
    /// Asks for one task, and hands it on.
    async fn poll_once(
        self: &Arc<Self>,
        poller: &Poller,
        slot: Slot,
        tasks: &mut JoinSet<()>,
    ) -> Result<(), RpcFailure> {
        let (connection, namespace) = (self.client.connection(), self.client.namespace());
        let refused = |failure: RpcFailure| {
            poller.scaler.refused(failure.code);
            failure
        };
        let (has_task, decision) = if poller.poll == Poll::Activity {
            let request = self.activity_poll();
            let mut task = connection
                .poll_activity_task_queue(request, namespace, Call::Poll)
                .await
                .map_err(refused)?;
            let (has_task, decision) = (
                !task.task_token.is_empty(),
                task.poller_scaling_decision.take(),
            );
            if has_task {
                tasks.spawn(activities::run(self.clone(), task, slot.occupied()));
            }
            (has_task, decision)
        } else {
            let request = self.workflow_poll(poller.poll == Poll::StickyWorkflow);
            let mut task = connection
                .poll_workflow_task_queue(request, namespace, Call::Poll)
                .await
                .map_err(refused)?;
            let (has_task, decision) = (
                !task.task_token.is_empty(),
                task.poller_scaling_decision.take(),
            );
            if has_task {
                tasks.spawn(workflow_tasks::run(self.clone(), task, slot.occupied()));
            }
            (has_task, decision)
        };
        let suggestion = decision.map(|decision| decision.poll_request_delta_suggestion);
        poller.scaler.answered(has_task, suggestion);
        Ok(())
    }

    pub(super) fn activity_poll(&self) -> PollActivityTaskQueueRequest {
        PollActivityTaskQueueRequest {
            namespace: self.client.namespace().to_owned(),
            task_queue: Some(self.normal_queue()),
            identity: self.identity.clone(),
            worker_instance_key: self.instance_key.clone(),
            task_queue_metadata: self
                .options
                .max_task_queue_activities_per_second
                .map(|rate| TaskQueueMetadata {
                    max_tasks_per_second: Some(rate),
                }),
            worker_version_capabilities: self.version_capabilities(),
            ..Default::default()
        }
    }

    pub(super) fn workflow_poll(&self, sticky: bool) -> PollWorkflowTaskQueueRequest {
        PollWorkflowTaskQueueRequest {
            namespace: self.client.namespace().to_owned(),
            task_queue: Some(if sticky {
                self.own_queue()
            } else {
                self.normal_queue()
            }),
            identity: self.identity.clone(),
            worker_instance_key: self.instance_key.clone(),
            worker_version_capabilities: self.version_capabilities(),
            ..Default::default()
        }
    }

    fn version_capabilities(&self) -> Option<WorkerVersionCapabilities> {
        let build_id = self.options.build_id.clone()?;
        Some(WorkerVersionCapabilities {
            build_id,
            ..WorkerVersionCapabilities::default()
        })
    }

    fn normal_queue(&self) -> TaskQueue {
        TaskQueue {
            name: self.plan.task_queue.clone(),
            kind: TaskQueueKind::Normal.into(),
            ..TaskQueue::default()
        }
    }

    /// The queue that only this worker polls.
    pub(super) fn own_queue(&self) -> TaskQueue {
        TaskQueue {
            name: self.sticky_queue.clone(),
            kind: TaskQueueKind::Sticky.into(),
            normal_name: self.plan.task_queue.clone(),
        }
    }
}
