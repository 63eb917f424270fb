//! A `#[workflow]` type without its impl block.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

fn main() {}
