//! Eager workflow start: the first task of a workflow comes with the answer to its start, and goes to a worker of this
//! process that shares the client.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use temporal_protos::workflowservice::{
    PollWorkflowTaskQueueResponse, StartWorkflowExecutionRequest,
};

use super::Client;

/// Gives a worker the task for which it has set a slot aside.
pub(crate) type TakeTask = Box<dyn FnOnce(PollWorkflowTaskQueueResponse) + Send>;

/// Sets a slot aside for a workflow of this type, if the worker serves the type and has one.
pub(crate) type Reserve = Box<dyn Fn(&str) -> Option<TakeTask> + Send + Sync>;

/// A worker of this process.
pub(crate) struct LocalWorker {
    pub(crate) task_queue: String,
    pub(crate) reserve: Reserve,
}

/// The workers that share a client. Clones share the list.
#[derive(Clone, Default)]
pub(crate) struct LocalWorkers(Arc<List>);

#[derive(Default)]
struct List {
    next: AtomicU64,
    workers: Mutex<Vec<(u64, LocalWorker)>>,
}

/// Keeps a worker on the list.
#[must_use = "the worker leaves the list when this is dropped"]
pub(crate) struct Listed {
    list: LocalWorkers,
    key: u64,
}

impl std::fmt::Debug for LocalWorkers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LocalWorkers({})", self.workers().len())
    }
}

impl LocalWorkers {
    fn workers(&self) -> MutexGuard<'_, Vec<(u64, LocalWorker)>> {
        // nothing panics while it is locked
        self.0
            .workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn enter(&self, worker: LocalWorker) -> Listed {
        let key = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.workers().push((key, worker));
        Listed {
            list: self.clone(),
            key,
        }
    }

    /// Sets a slot aside with the first worker that serves this.
    pub(super) fn reserve(&self, task_queue: &str, workflow_type: &str) -> Option<TakeTask> {
        let workers = self.workers();
        workers
            .iter()
            .filter(|(_, worker)| worker.task_queue == task_queue)
            .find_map(|(_, worker)| (worker.reserve)(workflow_type))
    }
}

impl Client {
    /// Sets a slot aside for the first task of this start.
    pub(super) fn reserve_for(&self, start: &StartWorkflowExecutionRequest) -> Option<TakeTask> {
        let queue = start.task_queue.as_ref()?;
        let workflow_type = start.workflow_type.as_ref()?;
        self.local_workers()
            .reserve(&queue.name, &workflow_type.name)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.list.workers().retain(|(key, _)| *key != self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_asked_while_it_is_on_the_list() {
        let list = LocalWorkers::default();
        let worker = |queue: &str, serves: &'static str| LocalWorker {
            task_queue: queue.to_owned(),
            reserve: Box::new(move |name| (name == serves).then(|| Box::new(drop) as TakeTask)),
        };
        let first = list.enter(worker("a", "W"));
        let _second = list.enter(worker("b", "W"));
        assert!(list.reserve("a", "W").is_some());
        assert!(list.reserve("a", "Other").is_none());
        assert!(list.reserve("c", "W").is_none());
        drop(first);
        assert!(list.reserve("a", "W").is_none() && list.reserve("b", "W").is_some());
    }
}
