//! No attempt at all.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5s", max_attempts = 0)]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
