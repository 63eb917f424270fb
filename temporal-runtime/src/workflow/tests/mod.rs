//! Workflow code on the executor: events in, commands out, and after each task a replay of everything.

mod cancellation;
mod chains;
mod concurrency;
mod driver;
mod failures;
mod foreign;
mod handlers;
mod introspection;
mod local_activities;
mod logging;
mod options;
mod order;
mod refused;

use std::time::Duration;

use self::driver::Driver;
use crate::convert::Payload;

const HOUR: Duration = Duration::from_secs(3600);

/// The arguments of a start.
fn args<const N: usize>(values: [&str; N]) -> Vec<temporal_protos::common::Payload> {
    values
        .into_iter()
        .map(|v| v.to_owned().encode().expect("text has an encoding"))
        .collect()
}
