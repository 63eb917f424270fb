//! `main` gives something else back than the app.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
async fn main(app: App) -> Result<u32> {
    drop(app);
    Ok(1)
}
