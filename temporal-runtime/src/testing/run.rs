//! What `#[temporal_runtime::test]` runs: a runtime, an environment in it, and the test.

use std::future::Future;

use super::TestEnvironment;
use crate::app::App;

/// Runs a test in an environment of its own.
///
/// # Panics
/// The environment cannot be started.
pub fn run_test<T, F: Future<Output = T>>(
    app: impl FnOnce(App) -> App,
    test: impl FnOnce(TestEnvironment) -> F,
) -> T {
    block_on(async move {
        let environment = match TestEnvironment::start(app(App::new())).await {
            Ok(environment) => environment,
            Err(error) => panic!("the test environment cannot be started: {error:?}"),
        };
        test(environment).await
    })
}

/// Runs a future on a runtime of its own, for tests that start their environment themselves.
///
/// # Panics
/// The runtime cannot be started.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("the test's runtime cannot be started: {error}"));
    let output = runtime.block_on(future);
    // an activity that does not end must not keep the test
    runtime.shutdown_background();
    output
}
