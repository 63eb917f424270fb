//! Error types that are no list.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5s", non_retryable = "Invalid")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
