//! A `&str` argument.

use temporal_runtime::prelude::*;

#[activity]
async fn greet(name: &str) -> Result<String> {
    Ok(name.to_owned())
}

fn main() {}
