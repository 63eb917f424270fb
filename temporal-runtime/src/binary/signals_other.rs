//! What ends a process where there is no SIGTERM: Ctrl-C.

use crate::error::Result;

/// The signals from now on.
pub(super) struct Signals;

impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    pub(super) fn new() -> Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // no handler can be installed: the process ends in the system's way
            std::future::pending::<()>().await;
        }
    }
}
