//! `timeout = ..`: there are two kinds.

use temporal_runtime::prelude::*;

#[activity(timeout = "5s")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
