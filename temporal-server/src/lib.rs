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
//! It is made for development and tests, and keeps everything in memory, of closed runs the last 10,000; or in a file,
//! if [`ServerOptions::db_filename`] names one. At scale the same workers and clients use a Temporal cluster or Temporal
//! Cloud.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "denied in engine/ alone"
)]

mod api_key;
mod directory;
mod driver;
mod dynamic_config;
mod engine;
mod metrics;
mod options;
mod server;
mod service;
mod store;
mod tls;

pub use api_key::ApiKey;
pub use options::{SearchAttributeType, ServerOptions, StartError, TimeSkipping};
pub use server::{Server, ServerHandle};
pub use service::Front as Channel;
pub use store::{Durability, Pragma, StoreError};
pub use tls::TlsOptions;
