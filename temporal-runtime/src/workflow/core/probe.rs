//! What others may ask of a run while its own thread is somewhere in it.

use std::{panic::Location, sync::TryLockError};

use super::{Core, Op};

impl Core {
    /// Where the last operation was started. Never waits: the run's thread may be stuck anywhere.
    pub(in crate::workflow) fn last_op_now(&self) -> Option<&'static Location<'static>> {
        match self.inner.try_lock() {
            Ok(inner) => inner.last_op,
            Err(TryLockError::Poisoned(inner)) => inner.into_inner().last_op,
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// What the run holds here: its state and its operations, without what they own on the heap.
    pub(in crate::workflow) fn estimated_bytes(&self) -> usize {
        let state = super::lock(&self.slot).as_deref().map_or(0, size_of_val);
        let operations = self.inner().ops.len() * size_of::<Op>();
        size_of::<Self>() + state + operations
    }

    /// The operations of a run that is over, to be dropped: some hold values of user code.
    pub(in crate::workflow) fn take_operations(&self) -> impl Iterator<Item = impl Send + use<>> {
        std::mem::take(&mut self.inner().ops).into_values()
    }
}
