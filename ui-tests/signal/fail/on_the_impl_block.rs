//! A role on the block itself.

use temporal_runtime::prelude::*;

struct W;

#[signal]
impl W {
    fn a(&mut self) {}
}

fn main() {}
