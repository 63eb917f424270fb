//! The end of a run in memory. Dropping it drops values of user code, whose destructors may panic: that is told, and
//! stops nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Run, executor::Executor, probe::Probe};
use crate::{activity::InWorkflow, panics};

impl Executor {
    /// Where its code is.
    pub(super) fn probe(&self) -> Probe {
        Probe::new(self.core.clone())
    }

    /// What it holds, without what its values own on the heap.
    pub(super) fn estimated_bytes(&self) -> usize {
        let futures: usize = self.futures().map(|future| size_of_val(&**future)).sum();
        futures + self.core.estimated_bytes()
    }

    /// Drops one piece of a run.
    fn lay_down(&self, what: &str, piece: impl Sized) {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(piece))) else {
            return;
        };
        let info = self.core.info();
        tracing::error!(
            workflow_type = %info.workflow_type, workflow_id = %info.workflow_id, run_id = %info.run_id,
            "dropping {what} of the workflow panicked, which changes nothing of its outcome: {}",
            panics::message(&*panic)
        );
    }
}

/// Nothing that is dropped after its run issues a command, and no future keeps the state alive in a circle. One piece
/// at a time, because a second panic while one unwinds would end the process.
impl Drop for Executor {
    fn drop(&mut self) {
        let _in = InWorkflow::enter();
        self.core.retire();
        for future in self.take_futures() {
            self.lay_down("a task", future);
        }
        for spawned in self.core.take_spawned() {
            self.lay_down("a spawned task", spawned.future);
        }
        for operation in self.core.take_operations() {
            self.lay_down("an operation", operation);
        }
        self.lay_down("the state", self.core.take_state());
    }
}

impl Run {
    /// Where its code is.
    pub(crate) fn probe(&self) -> Probe {
        self.executor.probe()
    }

    /// Nothing will happen for a while: room that is not used is given back.
    pub(crate) fn rest(&mut self) {
        self.cursor.rest();
        self.executor.core.machine(crate::machine::Machine::rest);
    }

    /// How many bytes it holds, roughly: without what values of user code own on the heap.
    pub(crate) fn estimated_bytes(&self) -> usize {
        size_of::<Self>() + self.executor.estimated_bytes() + self.cursor.estimated_bytes()
    }
}
