//! An unsafe activity.

use temporal_runtime::prelude::*;

#[activity]
async unsafe fn f() -> Result<()> {
    Ok(())
}

fn main() {}
