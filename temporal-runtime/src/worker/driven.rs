//! A worker that does one thing at a time, when it is told: for tests that decide themselves who goes next.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use temporal_protos::workflowservice::{
    PollActivityTaskQueueResponse as ActivityTask, PollWorkflowTaskQueueResponse as WorkflowTask,
};

use super::{
    Common, Detector, Pool, Shared, Shutdown, Worker, WorkerOptions, activities, workflow_tasks,
};
use crate::{
    activity::StateMap,
    client::{Call, Client},
    registry::Plan,
};

/// A worker without pollers.
#[derive(Debug)]
pub(crate) struct DrivenWorker {
    shared: Arc<Shared>,
}

/// The answer to a call, if it is there at once; otherwise the call is given up.
pub(crate) async fn at_once<T>(call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    poll_fn(|cx| {
        Poll::Ready(match call.as_mut().poll(cx) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

impl DrivenWorker {
    pub(crate) fn new(client: Client, plan: Plan, options: WorkerOptions) -> Self {
        let state = Arc::new(StateMap::new());
        let common = Common {
            pool: Arc::new(Pool::on_the_spot()),
            detector: Detector::off(),
            shutdown: Shutdown::default(),
        };
        // what comes with an answer would run when it likes
        let options = options.disable_eager_activity_execution(true);
        let worker = Worker::new(client, plan, state, options, common)
            .expect("fixed slots need nothing of the machine");
        Self {
            shared: worker.shared,
        }
    }

    /// Takes all workflow tasks that are there, from the worker's own queue first.
    pub(crate) async fn take_workflow_tasks(&self) -> Vec<WorkflowTask> {
        let queues = if self.shared.cache.is_off() {
            [false].iter()
        } else {
            [true, false].iter()
        };
        let (client, mut taken) = (&self.shared.client, Vec::new());
        for sticky in queues {
            loop {
                let request = self.shared.workflow_poll(*sticky);
                let poll = client.connection().poll_workflow_task_queue(
                    request,
                    client.namespace(),
                    Call::Poll,
                );
                match at_once(poll).await {
                    Some(Ok(task)) if !task.task_token.is_empty() => taken.push(task),
                    Some(Err(failure)) => panic!("a poll failed: {}", failure.message),
                    _ => break,
                }
            }
        }
        taken
    }

    /// Takes all activity tasks that are there.
    pub(crate) async fn take_activity_tasks(&self) -> Vec<ActivityTask> {
        let (client, mut taken) = (&self.shared.client, Vec::new());
        loop {
            let request = self.shared.activity_poll();
            let poll = client.connection().poll_activity_task_queue(
                request,
                client.namespace(),
                Call::Poll,
            );
            match at_once(poll).await {
                Some(Ok(task)) if !task.task_token.is_empty() => taken.push(task),
                Some(Err(failure)) => panic!("a poll failed: {}", failure.message),
                _ => return taken,
            }
        }
    }

    /// Processes a workflow task to its end, and those that its completion brings.
    pub(crate) async fn workflow_task(&self, task: WorkflowTask) {
        let slot = self.shared.workflow_slots.try_reserve();
        let slot = slot.expect("one task at a time");
        workflow_tasks::run(self.shared.clone(), task, slot).await;
    }

    /// Runs an attempt of an activity to its end.
    pub(crate) async fn activity_task(&self, task: ActivityTask) {
        let slot = self.shared.activity_slots.try_reserve();
        let slot = slot.expect("one task at a time");
        activities::run(self.shared.clone(), task, slot).await;
    }
}
