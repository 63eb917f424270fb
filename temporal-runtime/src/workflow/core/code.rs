//! What the core knows of the code that runs now: whose it is, and whether it may command at all.

use std::panic::Location;

use super::Core;
use crate::workflow::{tasks::TaskId, unfinished::OpenHandlers, update::CurrentUpdate};

/// What a run knows of its code.
#[derive(Debug, Default)]
pub(in crate::workflow) struct Now {
    open: OpenHandlers,
    update: CurrentUpdate,
    task: TaskId,
    /// What runs only reads: a query or a validator.
    reading: Option<&'static str>,
    details: String,
}

impl Core {
    pub(in crate::workflow) fn open_handlers(&self) -> OpenHandlers {
        self.inner().code.open.clone()
    }

    pub(in crate::workflow) fn current_update(&self) -> CurrentUpdate {
        self.inner().code.update.clone()
    }

    pub(in crate::workflow) fn set_current_update(&self, update: CurrentUpdate) {
        self.inner().code.update = update;
    }

    /// What parks from here on is this task.
    pub(in crate::workflow) fn set_current_task(&self, task: TaskId) {
        self.inner().code.task = task;
    }

    pub(super) fn current_task(&self) -> TaskId {
        self.inner().code.task
    }

    pub(in crate::workflow) fn details(&self) -> String {
        self.inner().code.details.clone()
    }

    pub(in crate::workflow) fn set_details(&self, details: String) {
        self.inner().code.details = details;
    }

    /// Who waits where, and for what, in the order in which the operations began.
    pub(in crate::workflow) fn waits(&self) -> Vec<(TaskId, &'static Location<'static>, String)> {
        let inner = self.inner();
        let open = inner.ops.values().filter(|op| op.done.is_none());
        open.filter_map(|op| {
            let waiter = op.waiter.as_ref()?;
            Some((waiter.task, waiter.at, op.kind.describe()))
        })
        .collect()
    }

    /// Runs code that must not command; `what` it is, such as "a query".
    pub(in crate::workflow) fn reading<T>(
        &self,
        what: &'static str,
        read: impl FnOnce() -> T,
    ) -> T {
        struct Reading<'a>(&'a Core);
        impl Drop for Reading<'_> {
            fn drop(&mut self) {
                self.0.inner().code.reading = None;
            }
        }
        self.inner().code.reading = Some(what);
        let _reading = Reading(self);
        read()
    }

    /// Refuses a command in code that only reads. The types do so, too; this catches a `Wf` or a handle that was
    /// smuggled in through a cell or a lock.
    ///
    /// # Panics
    /// In a query or validator, which fails then.
    pub(in crate::workflow) fn assert_may_command(&self) {
        let reading = self.inner().code.reading;
        if let Some(what) = reading {
            panic!(
                "{what} only reads: it can neither start nor cancel anything; make it an `#[update]`"
            );
        }
    }
}
