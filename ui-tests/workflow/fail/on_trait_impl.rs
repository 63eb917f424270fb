//! `#[workflow]` on a trait impl.
//!
//! Two errors: the type is still without its own block.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl Clone for W {
    fn clone(&self) -> Self {
        Self { n: self.n }
    }
}

fn main() {}
