//! What takes every name has none of its own.

use temporal_runtime::{RawValue, prelude::*};

#[activity(dynamic, name = "anything")]
async fn any(_name: String, args: Vec<RawValue>) -> Result<usize> {
    Ok(args.len())
}

fn main() {}
