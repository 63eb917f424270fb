//! A look at a run from outside, while its own thread may be stuck in it.

use std::{panic::Location, sync::Arc};

use super::Core;

/// Tells where the code of a run is.
#[derive(Debug, Clone)]
pub(crate) struct Probe(Arc<Core>);

impl Probe {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self(core)
    }

    /// Where the last operation was started. Never waits.
    pub(crate) fn last_op(&self) -> Option<&'static Location<'static>> {
        self.0.last_op_now()
    }
}
