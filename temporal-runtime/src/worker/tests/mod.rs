//! Workers, from their start to their end, on clocks and services of the tests' own.

#![allow(missing_docs, reason = "tests document themselves")]

mod activities;
mod cache;
mod deadlock;
mod eager;
mod gate;
mod health;
mod heartbeats;
mod life;
mod pages;
mod scripted;

use super::{Common, Detector};
use crate::{App, Client, Result, WorkerOptions, Workers};

/// An app of one module of this binary.
fn app(module: &str, options: WorkerOptions) -> App {
    App::new().only_module(module).worker_options(options)
}

/// Starts workers whose detector follows the test's clock.
fn start(
    app: App,
    client: &Client,
    options: &WorkerOptions,
    detector: Detector,
) -> Result<Workers> {
    let common = Common {
        detector,
        ..Common::new(options)
    };
    app.start_with(client, common)
}
