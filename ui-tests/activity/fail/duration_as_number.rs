//! A duration that is a number.

use temporal_runtime::prelude::*;

#[activity(start_to_close = 5)]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
