//! A heartbeat timeout that can never fire.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5s", heartbeat = "10s")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
