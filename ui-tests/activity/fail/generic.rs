//! A generic activity.

use temporal_runtime::prelude::*;

#[activity]
async fn f<T>(value: T) -> Result<()> {
    drop(value);
    Ok(())
}

fn main() {}
