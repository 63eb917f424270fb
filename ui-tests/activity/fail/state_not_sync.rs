//! Injected state that is not `Sync`.

use std::cell::Cell;

use temporal_runtime::prelude::*;

#[activity]
async fn f(count: &Cell<u32>) -> Result<u32> {
    Ok(count.get())
}

fn main() {}
