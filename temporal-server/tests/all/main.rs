//! The tests of the service through its public doors, in one binary: it links once.

#![allow(clippy::disallowed_methods, reason = "denied in the engine alone")]

#[cfg(feature = "cli")]
mod binary;
mod common;
#[cfg(feature = "sqlite")]
mod durable;
mod dynamic_config;
#[cfg(all(unix, feature = "cli", feature = "sqlite"))]
mod full_disk;
mod hostile;
mod http;
mod limits;
mod memory_bounds;
mod reflection;
mod resets;
mod runs;
mod schedules;
mod server;
mod time_skipping;
mod workers;
