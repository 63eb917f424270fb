//! When to stop. The only file that knows which system it runs on.

/// Returns at the first Ctrl-C, or SIGTERM where there is one.
#[cfg(unix)]
pub(crate) async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

/// Returns at the first Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn stop() {
    interrupted().await;
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without signals the process runs until it is killed.
        std::future::pending::<()>().await;
    }
}
