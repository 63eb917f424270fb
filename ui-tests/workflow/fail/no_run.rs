//! A workflow without a `#[run]` function.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    fn helper(&self) -> u32 {
        self.n
    }
}

fn main() {}
