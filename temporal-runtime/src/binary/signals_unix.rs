//! What ends a process on Unix: Ctrl-C and SIGTERM. The only Unix-only file.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for the next one.
pub(super) async fn next() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // no handler can be installed: the process ends in the system's way
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
