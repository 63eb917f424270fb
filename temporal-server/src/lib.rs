//! A Temporal service in Rust: the whole gRPC protocol of a Temporal server on a virtual clock, in one
//! process, started by a function call or by the binary `temporal-server`.
//!
//! ```no_run
//! # async fn run() -> Result<(), temporal_server::StartError> {
//! use temporal_server::{Server, ServerOptions};
//!
//! let server = Server::start(ServerOptions::listening_on(0)).await?;
//! println!("gRPC on {}", server.address().unwrap());
//! server.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! It keeps everything in memory, and is made for development and tests: the 10,000 runs that closed last are
//! kept, older ones are forgotten. At scale the same workers and
//! clients use a Temporal cluster or Temporal Cloud.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "denied in engine/ alone"
)]

mod directory;
mod driver;
mod dynamic_config;
mod engine;
mod options;
mod server;
mod service;

pub use options::{SearchAttributeType, ServerOptions, StartError, TimeSkipping};
pub use server::{Server, ServerHandle};
pub use service::Front as Channel;
