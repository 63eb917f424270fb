//! The state of a declared workflow is its implementation's, and so is `#[run]` needed to know what it takes.

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

#[workflow]
struct Unknown;

#[workflow]
impl Unknown {
    #[signal]
    fn stop(by: String);
}

fn main() {}
