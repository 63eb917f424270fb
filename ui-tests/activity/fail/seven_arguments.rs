//! Seven arguments.

use temporal_runtime::prelude::*;

#[activity]
async fn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) -> Result<()> {
    Ok(())
}

fn main() {}
