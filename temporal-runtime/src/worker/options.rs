//! How much a worker does at once, and how long its end may take.

use std::{sync::Arc, time::Duration};

use super::{PollerBehavior, SlotSupplier};
use crate::activity::{ActivityInterceptor, ActivityInterceptors};

/// How much a worker does at once, and how long its end may take.
///
/// ```
/// use std::time::Duration;
/// use temporal_runtime::{App, WorkerOptions};
///
/// let options = WorkerOptions::new()
///     .max_cached_workflows(10_000)
///     .max_concurrent_activities(50)
///     .graceful_shutdown(Duration::from_secs(30));
/// let app = App::new().worker_options(options);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// How many runs are kept in memory between their workflow tasks; others are replayed. 0 keeps none.
    pub max_cached_workflows: usize,
    /// How many bytes the kept runs may take together, by the worker's own estimate: the sizes of a run's futures, its
    /// state and its open operations, but not what they own on the heap. Not set: no limit but the number.
    pub max_cached_bytes: Option<usize>,
    /// How many threads run workflow code; 0 for one per core. All workers of an app share them.
    pub workflow_threads: usize,
    /// How long one activation of a workflow may keep its thread, a query included, before its workflow task fails and
    /// the thread is written off. Not set: for ever.
    pub deadlock_timeout: Option<Duration>,
    /// Workflow code may take its time, because a debugger may have stopped it. `TEMPORAL_DEBUG=1` does the same.
    pub debug_mode: bool,
    /// How many workflow tasks run at once.
    pub workflow_slots: SlotSupplier,
    /// How many activities run at once.
    pub activity_slots: SlotSupplier,
    /// How many local activities run at once, beside the others.
    pub local_activity_slots: SlotSupplier,
    /// How many activities that are plain functions have a thread at once; 0 for one for each slot. Others wait.
    pub activity_threads: usize,
    /// How many polls for workflow tasks are open at once.
    pub workflow_pollers: PollerBehavior,
    /// How many polls for activities are open at once.
    pub activity_pollers: PollerBehavior,
    /// How many activities this worker begins per second. Not set: no limit.
    pub max_activities_per_second: Option<f64>,
    /// How many activities the service hands out per second from this task queue, to all workers together. Not set: as
    /// it is. The service enforces it.
    pub max_task_queue_activities_per_second: Option<f64>,
    /// Activities are not asked for with the completion of the workflow task that schedules them.
    pub disable_eager_activity_execution: bool,
    /// The longest time between two heartbeats of an activity that are sent.
    pub max_heartbeat_throttle_interval: Duration,
    /// The time between two heartbeats that are sent of an activity without a heartbeat timeout; of one with a timeout
    /// it is 80 % of that.
    pub default_heartbeat_throttle_interval: Duration,
    /// How often the worker tells the service what it does, where the namespace wants it. Not set: never.
    pub worker_heartbeat_interval: Option<Duration>,
    /// Who the worker says it is, in histories and descriptions. Not set: as its client.
    pub identity: Option<String>,
    /// Which build of the code this is, for the service.
    pub build_id: Option<String>,
    /// How long activities may go on once the worker shuts down, before they are asked to stop.
    pub graceful_shutdown: Duration,
    /// How long the service waits for this worker before it gives a task of a run in its cache to any other.
    pub sticky_timeout: Duration,
    /// The types of errors that fail any workflow (or update) of the worker, although they are taken for bugs
    /// otherwise, which fail the workflow task; see [`fail_workflows_on`](Self::fail_workflows_on).
    pub workflow_failure_types: Arc<[String]>,
    pub(crate) interceptors: ActivityInterceptors,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            max_cached_workflows: 1000,
            max_cached_bytes: None,
            workflow_threads: 0,
            deadlock_timeout: Some(Duration::from_secs(2)),
            debug_mode: false,
            workflow_slots: SlotSupplier::Fixed(200),
            activity_slots: SlotSupplier::Fixed(200),
            local_activity_slots: SlotSupplier::Fixed(200),
            activity_threads: 0,
            workflow_pollers: PollerBehavior::Fixed(5),
            activity_pollers: PollerBehavior::Fixed(5),
            max_activities_per_second: None,
            max_task_queue_activities_per_second: None,
            disable_eager_activity_execution: false,
            max_heartbeat_throttle_interval: Duration::from_secs(60),
            default_heartbeat_throttle_interval: Duration::from_secs(30),
            worker_heartbeat_interval: Some(Duration::from_secs(60)),
            identity: None,
            build_id: None,
            graceful_shutdown: Duration::from_secs(10),
            sticky_timeout: Duration::from_secs(10),
            workflow_failure_types: Arc::default(),
            interceptors: ActivityInterceptors::default(),
        }
    }
}

impl WorkerOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stands around every attempt of an activity, inside of those that were set before.
    #[must_use]
    pub fn activity_interceptor(mut self, interceptor: impl ActivityInterceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Sets how many runs are kept in memory.
    #[must_use]
    pub const fn max_cached_workflows(mut self, runs: usize) -> Self {
        self.max_cached_workflows = runs;
        self
    }

    /// Sets how many bytes the kept runs may take together, by the worker's own estimate.
    #[must_use]
    pub const fn max_cached_bytes(mut self, bytes: usize) -> Self {
        self.max_cached_bytes = Some(bytes);
        self
    }

    /// Sets how many threads run workflow code; 0 for one per core.
    #[must_use]
    pub const fn workflow_threads(mut self, threads: usize) -> Self {
        self.workflow_threads = threads;
        self
    }

    /// Sets how long one activation of a workflow may keep its thread: 2 s if not set.
    ///
    /// Code that takes longer fails its workflow task with `[TMPRL1101]`, and the message names the workflow, its run
    /// and the place of its last operation. Its thread is written off and another one takes over, so other runs are
    /// not delayed; should the code ever come back, nothing that it did counts.
    ///
    /// ```
    /// use std::time::Duration;
    /// use temporal_runtime::WorkerOptions;
    ///
    /// let options = WorkerOptions::new().deadlock_timeout(Duration::from_millis(500));
    /// assert_eq!(options.deadlock_timeout, Some(Duration::from_millis(500)));
    /// ```
    #[must_use]
    pub const fn deadlock_timeout(mut self, timeout: Duration) -> Self {
        self.deadlock_timeout = Some(timeout);
        self
    }

    /// Turns the deadlock detector off, so that workflow code can be stopped in a debugger. `TEMPORAL_DEBUG=1` does the
    /// same.
    ///
    /// It is the one guard of workflow code that depends on time, and the one that can be off. An `.await` that is not
    /// the workflow's own, a command in a query, and a difference from history are errors at any time, because a run
    /// could not go on after them; what the compiler refuses is excused at its place
    /// ([`nondeterministic`](macro@crate::nondeterministic)).
    #[must_use]
    pub const fn debug_mode(mut self, on: bool) -> Self {
        self.debug_mode = on;
        self
    }

    /// Sets how many workflow tasks run at once.
    #[must_use]
    pub const fn max_concurrent_workflow_tasks(self, tasks: usize) -> Self {
        self.workflow_slots(SlotSupplier::Fixed(tasks))
    }

    /// Sets how many activities run at once.
    #[must_use]
    pub const fn max_concurrent_activities(self, activities: usize) -> Self {
        self.activity_slots(SlotSupplier::Fixed(activities))
    }

    /// Sets by what the number of workflow tasks that run at once is bounded.
    #[must_use]
    pub const fn workflow_slots(mut self, slots: SlotSupplier) -> Self {
        self.workflow_slots = slots;
        self
    }

    /// Sets by what the number of activities that run at once is bounded.
    #[must_use]
    pub const fn activity_slots(mut self, slots: SlotSupplier) -> Self {
        self.activity_slots = slots;
        self
    }

    /// Sets how many activities that are plain functions have a thread at once; 0 for one for each slot.
    #[must_use]
    pub const fn activity_threads(mut self, threads: usize) -> Self {
        self.activity_threads = threads;
        self
    }

    /// Sets how many polls for workflow tasks are open at once: a number, or a [`PollerBehavior`].
    #[must_use]
    pub fn workflow_pollers(mut self, pollers: impl Into<PollerBehavior>) -> Self {
        self.workflow_pollers = pollers.into();
        self
    }

    /// Sets how many polls for activities are open at once: a number, or a [`PollerBehavior`].
    #[must_use]
    pub fn activity_pollers(mut self, pollers: impl Into<PollerBehavior>) -> Self {
        self.activity_pollers = pollers.into();
        self
    }

    /// Sets how many activities this worker begins per second.
    #[must_use]
    pub const fn max_activities_per_second(mut self, activities: f64) -> Self {
        self.max_activities_per_second = Some(activities);
        self
    }

    /// Sets how many activities the service hands out per second from this task queue, to all workers together.
    #[must_use]
    pub const fn max_task_queue_activities_per_second(mut self, activities: f64) -> Self {
        self.max_task_queue_activities_per_second = Some(activities);
        self
    }

    /// Sets whether activities go through their task queue even if this worker could take them at once.
    #[must_use]
    pub const fn disable_eager_activity_execution(mut self, off: bool) -> Self {
        self.disable_eager_activity_execution = off;
        self
    }

    /// Sets the longest time between two heartbeats of an activity that are sent: 60 s if not set.
    #[must_use]
    pub const fn max_heartbeat_throttle_interval(mut self, time: Duration) -> Self {
        self.max_heartbeat_throttle_interval = time;
        self
    }

    /// Sets the time between two heartbeats that are sent of an activity without a heartbeat timeout: 30 s if not set.
    #[must_use]
    pub const fn default_heartbeat_throttle_interval(mut self, time: Duration) -> Self {
        self.default_heartbeat_throttle_interval = time;
        self
    }

    /// Sets how often the worker tells the service what it does, where the namespace wants it: every 60 s if not set,
    /// never with zero.
    #[must_use]
    pub const fn worker_heartbeat_interval(mut self, time: Duration) -> Self {
        self.worker_heartbeat_interval = Some(time);
        self
    }

    /// Sets who the worker says it is.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// Sets which build of the code this is.
    #[must_use]
    pub fn build_id(mut self, build_id: impl Into<String>) -> Self {
        self.build_id = Some(build_id.into());
        self
    }

    /// Sets how many local activities run at once.
    #[must_use]
    pub const fn max_concurrent_local_activities(self, activities: usize) -> Self {
        self.local_activity_slots(SlotSupplier::Fixed(activities))
    }

    /// Sets by what the number of local activities that run at once is bounded.
    #[must_use]
    pub const fn local_activity_slots(mut self, slots: SlotSupplier) -> Self {
        self.local_activity_slots = slots;
        self
    }

    /// Sets how long activities may go on once the worker shuts down.
    #[must_use]
    pub const fn graceful_shutdown(mut self, time: Duration) -> Self {
        self.graceful_shutdown = time;
        self
    }

    /// Sets the types of errors that fail any workflow of the worker (from an update handler: the update). Others than
    /// those of this crate are taken for bugs: they fail the workflow task, which is tried again until mended code
    /// comes. None is listed by default; `#[workflow(fail_on = [..])]` lists more for one workflow.
    ///
    /// A type is the name that other SDKs see, the last word of the error type's path, as in `"ParseIntError"`; `"*"`
    /// is every error that workflow code returns, and `"panic"` is a panic.
    ///
    /// ```
    /// use temporal_runtime::WorkerOptions;
    ///
    /// let options = WorkerOptions::new().fail_workflows_on(["InvalidInput", "ParseIntError"]);
    /// assert_eq!(options.workflow_failure_types.len(), 2);
    /// ```
    #[must_use]
    pub fn fail_workflows_on<T: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.workflow_failure_types = types.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn failure_types(&self) -> Arc<[String]> {
        self.workflow_failure_types.clone()
    }

    /// Sets how long the service waits for this worker before it gives a task of a run in its cache to any other.
    #[must_use]
    pub const fn sticky_timeout(mut self, time: Duration) -> Self {
        self.sticky_timeout = time;
        self
    }

    /// Polls of the worker's own queue, if it has one, and of the shared one. Each poll holds a slot, so both need one
    /// at all times.
    pub(super) fn workflow_polls(&self) -> (Option<PollerBehavior>, PollerBehavior) {
        let slots = self.all_workflow_slots().most();
        if self.max_cached_workflows == 0 {
            return (None, self.workflow_pollers.bounded(slots));
        }
        let (own, shared) = self.workflow_pollers.split(slots);
        (Some(own), shared)
    }

    pub(super) fn all_workflow_slots(&self) -> SlotSupplier {
        let least = if self.max_cached_workflows == 0 { 1 } else { 2 };
        self.workflow_slots.at_least(least)
    }

    pub(super) fn threads(&self) -> usize {
        match self.workflow_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// How often heartbeats of an activity are sent: at most every 80 % of its timeout.
    pub(super) fn heartbeat_throttle(&self, timeout: Option<Duration>) -> Duration {
        timeout
            .map_or(self.default_heartbeat_throttle_interval, |timeout| {
                timeout.mul_f64(0.8)
            })
            .min(self.max_heartbeat_throttle_interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_cache_there_is_no_queue_of_its_own() {
        let options = WorkerOptions::new().max_cached_workflows(0);
        assert_eq!(options.workflow_polls(), (None, PollerBehavior::Fixed(5)));
        let few = WorkerOptions::new().max_concurrent_workflow_tasks(0);
        let one = PollerBehavior::Fixed(1);
        assert_eq!(few.workflow_polls(), (Some(one), one));
    }

    #[test]
    fn heartbeats_are_throttled_to_four_fifths_of_the_timeout_within_bounds() {
        let options = WorkerOptions::new();
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(
            options.heartbeat_throttle(seconds(10)),
            Duration::from_secs(8)
        );
        assert_eq!(
            options.heartbeat_throttle(seconds(3600)),
            Duration::from_secs(60)
        );
        assert_eq!(options.heartbeat_throttle(None), Duration::from_secs(30));
        let options = options
            .max_heartbeat_throttle_interval(Duration::from_secs(5))
            .default_heartbeat_throttle_interval(Duration::from_secs(2));
        assert_eq!(
            options.heartbeat_throttle(seconds(10)),
            Duration::from_secs(5)
        );
        assert_eq!(options.heartbeat_throttle(None), Duration::from_secs(2));
    }
}
