//! The attribute on a function that is not `main`.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
async fn start(app: App) -> Result<App> {
    Ok(app)
}

fn main() {}
