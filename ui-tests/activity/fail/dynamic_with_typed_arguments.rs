//! An activity for every name, with arguments of its own.

use temporal_runtime::prelude::*;

#[activity(dynamic)]
async fn any(amount: u32) -> Result<u32> {
    Ok(amount)
}

fn main() {}
