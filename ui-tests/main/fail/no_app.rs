//! `main` without the app.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
async fn main() -> Result<()> {
    Ok(())
}
