//! A list of borrowed strings.

use temporal_runtime::prelude::*;

#[activity]
async fn f(names: Vec<&str>) -> Result<usize> {
    Ok(names.len())
}

fn main() {}
