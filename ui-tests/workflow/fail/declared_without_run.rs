//! A declaration says what the workflow takes and gives.

use temporal_runtime::prelude::*;

#[workflow]
struct Unknown;

#[workflow]
impl Unknown {
    #[signal]
    fn stop(by: String);
}

fn main() {}
