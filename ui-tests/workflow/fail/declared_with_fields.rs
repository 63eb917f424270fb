//! The state of a declared workflow is its implementation's.

use temporal_runtime::prelude::*;

#[workflow]
struct There {
    count: u32,
}

#[workflow]
impl There {
    #[run]
    async fn run(order: String) -> Result<()>;
}

fn main() {}
