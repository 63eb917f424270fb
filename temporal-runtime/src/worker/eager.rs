//! Work that comes with an answer rather than with a poll: activities that a workflow task schedules and this worker
//! can run itself, and the first task of a workflow that a client of this process starts. Slots are set aside for it
//! before it is asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use temporal_protos::{
    command::{Command, command::Attributes},
    workflowservice::{PollActivityTaskQueueResponse, PollWorkflowTaskQueueResponse},
};
use tokio::task::JoinSet;

use super::{Shared, activities, slots::Slot, workflow_tasks};
use crate::client::{LocalWorker, TakeTask};

/// For one workflow task at most so many slots are set aside, as in the other SDKs: the rest of its activities may run
/// anywhere.
const MOST: usize = 3;

/// What runs that no poller started.
#[derive(Debug, Default)]
pub(super) struct Eager(Mutex<JoinSet<()>>);

impl Eager {
    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        // nothing panics while it is locked
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Everything that was started until now.
    pub(super) fn take(&self) -> JoinSet<()> {
        std::mem::take(&mut self.tasks())
    }
}

impl Shared {
    /// Sets slots aside for activities of these commands that this worker serves itself, and asks for those to be
    /// handed out with the answer.
    pub(super) fn request_eager(&self, commands: &mut [Command]) -> Vec<Slot> {
        let mut slots = Vec::new();
        // a limit per second is the service's or a poller's to keep
        let off = self.shutdown.is_requested()
            || self.options.disable_eager_activity_execution
            || self.activity_rate.is_some()
            || self.options.max_task_queue_activities_per_second.is_some();
        for command in commands {
            let Some(Attributes::ScheduleActivityTaskCommandAttributes(activity)) =
                &mut command.attributes
            else {
                continue;
            };
            if !std::mem::take(&mut activity.request_eager_execution) || off || slots.len() >= MOST
            {
                continue;
            }
            let queue = activity.task_queue.as_ref().map(|q| q.name.as_str());
            let name = activity
                .activity_type
                .as_ref()
                .map_or("", |t| t.name.as_str());
            let ours = queue.is_none_or(|queue| queue.is_empty() || queue == self.plan.task_queue)
                && self.plan.activities.contains_key(name);
            if ours && let Some(slot) = self.activity_slots.try_reserve() {
                activity.request_eager_execution = true;
                slots.push(slot);
            }
        }
        slots
    }

    /// Runs what came with the answer. Slots that nothing came for are free again.
    pub(super) fn run_eager(
        self: &Arc<Self>,
        tasks: Vec<PollActivityTaskQueueResponse>,
        slots: Vec<Slot>,
    ) {
        for (task, slot) in tasks.into_iter().zip(slots) {
            let run = activities::run(self.clone(), task, slot.occupied());
            self.eager.spawn(run);
        }
    }

    /// What a client of this process may give the first task of a workflow to.
    pub(super) fn as_local_worker(self: &Arc<Self>) -> LocalWorker {
        // the client must not keep a worker that has stopped
        let worker = Arc::downgrade(self);
        LocalWorker {
            task_queue: self.plan.task_queue.clone(),
            reserve: Box::new(move |workflow_type| {
                let worker = worker.upgrade()?;
                let serves = worker.plan.workflows.contains_key(workflow_type);
                if !serves || worker.shutdown.is_requested() {
                    return None;
                }
                let slot = worker.workflow_slots.try_reserve()?;
                let take: TakeTask = Box::new(move |task: PollWorkflowTaskQueueResponse| {
                    let run = workflow_tasks::run(worker.clone(), task, slot.occupied());
                    worker.eager.spawn(run);
                });
                Some(take)
            }),
        }
    }
}
