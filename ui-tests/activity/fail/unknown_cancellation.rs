//! A cancellation type that is none.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5s", cancellation = "wait_complete")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
