//! `main` does not give the app back.

use temporal_runtime::prelude::*;

#[temporal_runtime::main]
async fn main(app: App) {
    drop(app);
}
