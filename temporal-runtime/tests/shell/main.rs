//! The client, the worker and the test environment, through the public door and with the embedded service.

#![allow(missing_docs, reason = "tests document themselves")]
#![allow(clippy::disallowed_methods, reason = "denied in machine/ alone")]

mod activities;
mod client;
mod failing;
mod orders;
mod shutdown;
mod time;
mod twice;

/// An app that serves one module, so that the modules of this binary do not disturb each other.
fn app(module: &str) -> temporal_runtime::App {
    temporal_runtime::App::new().only_module(module)
}
