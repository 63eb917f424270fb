//! The poll loops: take a slot, ask for a task, hand it on. Never looks into a task.

use std::{future::Future, sync::Arc, time::Duration};

use temporal_protos::{
    enums::TaskQueueKind,
    taskqueue::TaskQueue,
    workflowservice::{PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{Shared, activities, workflow_tasks};
use crate::{
    client::{Call, Code, RpcFailure},
    error::Result,
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

/// How long the service may take to end a poll once it was told of the shutdown.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// After an answer that should not be: so that no loop turns without rest.
const PAUSE: Duration = Duration::from_millis(200);

/// Polls until shutdown, then waits for what it started.
pub(super) async fn run(
    worker: Arc<Shared>,
    poll: Poll,
    polls_end_on_shutdown: bool,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    let ended = loop {
        while tasks.try_join_next().is_some() {}
        let Some(permit) = slot(&worker, poll).await else {
            break Ok(());
        };
        let polled = worker.poll_once(poll, permit, &mut tasks);
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

/// A free slot, or none if the worker shuts down.
async fn slot(worker: &Shared, poll: Poll) -> Option<OwnedSemaphorePermit> {
    let slots: &Arc<Semaphore> = match poll {
        Poll::Workflow | Poll::StickyWorkflow => &worker.workflow_slots,
        Poll::Activity => &worker.activity_slots,
    };
    tokio::select! {
        biased;
        () = worker.shutdown.requested() => None,
        permit = slots.clone().acquire_owned() => permit.ok(),
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
        poll: Poll,
        permit: OwnedSemaphorePermit,
        tasks: &mut JoinSet<()>,
    ) -> Result<(), RpcFailure> {
        let (connection, namespace) = (self.client.connection(), self.client.namespace());
        if poll == Poll::Activity {
            let request = self.activity_poll();
            let task = connection
                .poll_activity_task_queue(request, namespace, Call::Poll)
                .await?;
            if !task.task_token.is_empty() {
                tasks.spawn(activities::run(self.clone(), task, permit));
            }
        } else {
            let request = self.workflow_poll(poll == Poll::StickyWorkflow);
            let task = connection
                .poll_workflow_task_queue(request, namespace, Call::Poll)
                .await?;
            if !task.task_token.is_empty() {
                tasks.spawn(workflow_tasks::run(self.clone(), task, permit));
            }
        }
        Ok(())
    }

    pub(super) fn activity_poll(&self) -> PollActivityTaskQueueRequest {
        PollActivityTaskQueueRequest {
            namespace: self.client.namespace().to_owned(),
            task_queue: Some(self.normal_queue()),
            identity: self.client.identity().to_owned(),
            worker_instance_key: self.instance_key.clone(),
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
            identity: self.client.identity().to_owned(),
            worker_instance_key: self.instance_key.clone(),
            ..Default::default()
        }
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
