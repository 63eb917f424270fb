//! An activity that returns no `Result`.

use temporal_runtime::prelude::*;

#[activity]
async fn greet(name: String) -> String {
    name
}

fn main() {}
