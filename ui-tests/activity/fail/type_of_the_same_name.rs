//! A type of the same name in scope.
//!
//! More than one error: rustc sees the two types and then their uses; the macro cannot see the other type.

use temporal_runtime::prelude::*;

#[allow(non_camel_case_types)]
struct greet;

#[activity]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

fn main() {}
