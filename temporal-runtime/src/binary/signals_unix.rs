//! What ends a process on Unix: Ctrl-C and SIGTERM. The only Unix-only file.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Result;

/// The signals from now on: none that comes between two waits is lost.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
