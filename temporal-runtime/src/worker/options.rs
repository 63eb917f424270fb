//! How much a worker does at once, and how long its end may take.

use std::{sync::Arc, time::Duration};

/// How much a worker does at once, and how long its end may take.
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
    pub max_concurrent_workflow_tasks: usize,
    /// How many activities run at once.
    pub max_concurrent_activities: usize,
    /// How many polls for workflow tasks are open at once.
    pub workflow_pollers: usize,
    /// How many polls for activities are open at once.
    pub activity_pollers: usize,
    /// How long activities may go on once the worker shuts down, before they are asked to stop.
    pub graceful_shutdown: Duration,
    /// How long the service waits for this worker before it gives a task of a run in its cache to any other.
    pub sticky_timeout: Duration,
    /// The types of errors that fail any workflow (or update) of the worker, although they are taken for bugs
    /// otherwise, which fail the workflow task; see [`fail_workflows_on`](Self::fail_workflows_on).
    pub workflow_failure_types: Arc<[String]>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            max_cached_workflows: 1000,
            max_cached_bytes: None,
            workflow_threads: 0,
            deadlock_timeout: Some(Duration::from_secs(2)),
            debug_mode: false,
            max_concurrent_workflow_tasks: 200,
            max_concurrent_activities: 200,
            workflow_pollers: 5,
            activity_pollers: 5,
            graceful_shutdown: Duration::from_secs(10),
            sticky_timeout: Duration::from_secs(10),
            workflow_failure_types: Arc::default(),
        }
    }
}

impl WorkerOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
    #[must_use]
    pub const fn debug_mode(mut self, on: bool) -> Self {
        self.debug_mode = on;
        self
    }

    /// Sets how many workflow tasks run at once.
    #[must_use]
    pub const fn max_concurrent_workflow_tasks(mut self, tasks: usize) -> Self {
        self.max_concurrent_workflow_tasks = tasks;
        self
    }

    /// Sets how many activities run at once.
    #[must_use]
    pub const fn max_concurrent_activities(mut self, activities: usize) -> Self {
        self.max_concurrent_activities = activities;
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

    /// Polls of the worker's own queue and of the shared one. Each poll holds a slot, so both need one at all times.
    pub(super) fn workflow_polls(&self) -> (usize, usize) {
        let polls = self.workflow_pollers.max(1);
        if self.max_cached_workflows == 0 {
            return (0, polls.min(self.workflow_slots()));
        }
        let polls = polls.clamp(2, self.workflow_slots());
        let own = polls / 2;
        (own, polls - own)
    }

    pub(super) fn threads(&self) -> usize {
        match self.workflow_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    pub(super) fn workflow_slots(&self) -> usize {
        let least = if self.max_cached_workflows == 0 { 1 } else { 2 };
        self.max_concurrent_workflow_tasks.max(least)
    }

    pub(super) fn activity_slots(&self) -> usize {
        self.max_concurrent_activities.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_queue_starves_however_few_slots_there_are() {
        for slots in 0..5 {
            let options = WorkerOptions::new().max_concurrent_workflow_tasks(slots);
            let (own, shared) = options.workflow_polls();
            assert!(own >= 1 && shared >= 1 && own + shared <= options.workflow_slots());
        }
    }

    #[test]
    fn without_a_cache_there_is_no_queue_of_its_own() {
        let options = WorkerOptions::new().max_cached_workflows(0);
        assert_eq!(options.workflow_polls(), (0, 5));
    }
}
