//! What takes every name cannot be elsewhere.

use temporal_runtime::prelude::*;

#[activity(dynamic)]
async fn any(name: String, args: Vec<temporal_runtime::RawValue>) -> Result<usize>;

fn main() {}
