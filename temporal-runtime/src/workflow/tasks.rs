//! Which tasks are ready, in the order in which they became so.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Wake,
};

use super::{BoxFuture, Output, role::Role};
use crate::activity::InWorkflow;

pub(super) type TaskId = u64;

/// A task that workflow code has begun, and that has not been polled yet.
pub(super) struct Spawned {
    pub(super) role: Role,
    pub(super) future: BoxFuture<Output>,
}

/// The tasks that are ready, first come first served.
#[derive(Debug, Default)]
pub(super) struct ReadyQueue(Mutex<VecDeque<TaskId>>);

impl ReadyQueue {
    pub(super) fn push(&self, task: TaskId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(task);
    }

    pub(super) fn pop(&self) -> Option<TaskId> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }
}

/// Wakes one task. It is a real waker, so that combinators which only poll what was woken work.
#[derive(Debug)]
pub(super) struct TaskWaker {
    task: TaskId,
    ready: Arc<ReadyQueue>,
    queued: AtomicBool,
    /// Somebody woke it who is not part of an activation: it waits for something that is not ours.
    from_outside: AtomicBool,
}

impl TaskWaker {
    pub(super) fn new(task: TaskId, ready: Arc<ReadyQueue>) -> Arc<Self> {
        Arc::new(Self {
            task,
            ready,
            // a new task is in the queue already
            queued: AtomicBool::new(true),
            from_outside: AtomicBool::new(false),
        })
    }

    /// The task is about to be polled: the next wake counts again.
    pub(super) fn clear(&self) {
        self.queued.store(false, Ordering::Relaxed);
    }

    /// It was woken since it was last polled.
    pub(super) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Relaxed)
    }

    pub(super) fn was_woken_from_outside(&self) -> bool {
        self.from_outside.load(Ordering::Relaxed)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !InWorkflow::now() {
            // polling it at a moment that history does not know would not be repeatable
            self.from_outside.store(true, Ordering::Relaxed);
            return;
        }
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.ready.push(self.task);
        }
    }
}
