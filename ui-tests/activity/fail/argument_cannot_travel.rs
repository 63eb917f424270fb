//! An argument that is not serializable.

use temporal_runtime::prelude::*;

struct Raw;

#[activity]
async fn f(raw: Raw) -> Result<()> {
    drop(raw);
    Ok(())
}

fn main() {}
