//! What ends a process where there is no SIGTERM: Ctrl-C.

/// Waits for the next one.
pub(super) async fn next() {
    if tokio::signal::ctrl_c().await.is_err() {
        // no handler can be installed: the process ends in the system's way
        std::future::pending::<()>().await;
    }
}
