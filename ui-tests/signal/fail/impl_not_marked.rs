//! A role in an impl block that is not marked.

use temporal_runtime::prelude::*;

struct W;

impl W {
    #[signal]
    fn a(&mut self) {}
}

fn main() {}
