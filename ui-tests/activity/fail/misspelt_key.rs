//! `start_to_clsoe = ..`

use temporal_runtime::prelude::*;

#[activity(start_to_clsoe = "5s")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
