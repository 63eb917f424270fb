//! An attempt that may last longer than all attempts.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5m", schedule_to_close = "1m")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
