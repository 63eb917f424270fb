//! `main` takes something else than the app.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
async fn main(client: Client) -> Result<App> {
    drop(client);
    Ok(App::new())
}
