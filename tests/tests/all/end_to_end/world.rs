//! What a test runs in.

use std::{future::Future, io::Write as _, time::Duration};

use super::arguments::Shop;
use temporal_runtime::{
    App, Error, Result, WorkerOptions,
    testing::{TestEnvironment, block_on},
};

/// Which clock a test can do with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    Skipping,
    Any,
}

/// Whether runs stay in memory between their tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    Default,
    Off,
}

/// Everything below this module; the workflows of the recorded histories are not for workers.
pub(super) fn app(cache: Cache) -> App {
    let options = match cache {
        Cache::Default => WorkerOptions::new(),
        Cache::Off => WorkerOptions::new().max_cached_workflows(0),
    };
    App::new()
        .only_module("all::end_to_end")
        .state(Shop::CORNER)
        .worker_options(options)
}

/// Runs a test in an environment of its own.
pub(super) fn run<F: Future<Output = Result<()>>>(
    clock: Clock,
    cache: Cache,
    test: impl FnOnce(TestEnvironment) -> F,
) -> Result<()> {
    let elsewhere = std::env::var("TEMPORAL_TEST_ADDRESS").is_ok_and(|address| !address.is_empty());
    if elsewhere && clock == Clock::Skipping {
        tell_where();
    }
    block_on(in_time(async move {
        let environment = if elsewhere && clock == Clock::Any {
            TestEnvironment::real_time(app(cache)).await?
        } else {
            TestEnvironment::start(app(cache)).await?
        };
        test(environment).await
    }))
}

/// Whoever runs the tests against another service must know which did not run there. Not `eprintln`, which nobody sees
/// of a test that passes.
fn tell_where() {
    let test = std::thread::current();
    let name = test.name().unwrap_or_default();
    let line = format!("needs skipped time, so it runs against the embedded service: {name}\n");
    // there may be nobody to tell
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// What a test waits for may never come; it fails then, and does not hang.
pub(super) async fn in_time(test: impl Future<Output = Result<()>>) -> Result<()> {
    let ended = tokio::time::timeout(Duration::from_secs(120), test).await;
    ended.map_err(|_| Error::msg("the test did not end within two minutes"))?
}
