//! A duration with a unit that is none.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5 sec")]
async fn f() -> Result<()> {
    Ok(())
}

fn main() {}
