//! A slice argument.

use temporal_runtime::prelude::*;

#[activity]
async fn sum(numbers: &[u32]) -> Result<u32> {
    Ok(numbers.iter().sum())
}

fn main() {}
