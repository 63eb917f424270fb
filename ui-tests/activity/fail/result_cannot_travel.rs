//! A result that is not serializable.

use temporal_runtime::prelude::*;

struct Raw;

#[activity]
async fn f() -> Result<Raw> {
    Ok(Raw)
}

fn main() {}
