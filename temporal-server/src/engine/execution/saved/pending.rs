//! What a run that was made again waits for: its timers, and the tasks that belong into queues. Follows from its state
//! alone.

use crate::engine::effect::{Effect, RunTimer};
use crate::engine::execution::Run;
use crate::engine::execution::activity::ActivityState;
use crate::engine::time::Time;

/// What a run waits for.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) timers: Vec<(Time, RunTimer)>,
    /// Tasks, and since when they wait.
    pub(crate) tasks: Vec<(Time, Effect)>,
}

impl Run {
    /// What the run waits for.
    pub(crate) fn pending(&self) -> Pending {
        let mut pending = Pending::default();
        if !self.is_running() {
            return pending;
        }
        let mut timer = |timer, at: Option<Time>| pending.timers.extend(at.map(|at| (at, timer)));
        let waits_for_itself =
            self.awaits_first_task && !self.awaits_parent() && !self.start.backoff.is_zero();
        timer(
            RunTimer::FirstTask,
            waits_for_itself.then(|| self.execution_time()),
        );
        timer(
            RunTimer::WorkflowTask,
            self.task.as_ref().and_then(|task| task.deadline),
        );
        timer(RunTimer::Run, self.own_deadline());
        timer(RunTimer::Execution, self.start.expires);
        timer(RunTimer::FastForward, self.time_skipping.fast_forwards_to());
        for waiting in self.timers.values().filter(|waiting| !waiting.fired) {
            timer(RunTimer::User(waiting.started_event_id), Some(waiting.due));
        }
        for (id, activity) in self.activities.iter() {
            timer(RunTimer::Activity(*id), activity.timer);
        }
        self.pending_tasks(&mut pending.tasks);
        pending
    }

    fn pending_tasks(&self, tasks: &mut Vec<(Time, Effect)>) {
        if let Some(task) = self.task.as_ref().filter(|task| !task.is_started()) {
            let effect = Effect::AddWorkflowTask {
                sticky: task.sticky.clone(),
                normal: self.start.task_queue.clone(),
                stamp: task.stamp,
            };
            tasks.push((task.scheduled, effect));
        }
        for (id, activity) in self.activities.iter() {
            if let ActivityState::Scheduled(since) = activity.state
                && activity.paused.is_none()
            {
                let effect = Effect::AddActivityTask {
                    queue: activity.task_queue.clone(),
                    scheduled_event_id: *id,
                    stamp: activity.stamp,
                };
                tasks.push((since, effect));
            }
        }
    }
}
