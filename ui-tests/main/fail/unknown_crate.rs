//! A crate that is not there.

use temporal_runtime::prelude::*;

#[temporal_runtime::main(my_workflows)]
async fn main(app: App) -> Result<App> {
    Ok(app)
}
