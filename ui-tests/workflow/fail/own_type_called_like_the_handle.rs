//! A type called like the generated handle.
//!
//! More than one error: rustc sees the two types and then their impls; the macro cannot see the other type.
//! `#[workflow(handle = Name)]` renames the generated one.

use temporal_runtime::prelude::*;

struct WHandle;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }
}

fn main() {}
