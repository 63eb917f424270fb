//! The context by value.

use temporal_runtime::prelude::*;

#[activity]
async fn f(ctx: ActivityContext, n: u32) -> Result<u32> {
    drop(ctx);
    Ok(n)
}

fn main() {}
