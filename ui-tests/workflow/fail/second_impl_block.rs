//! A second `#[workflow] impl` block.
//!
//! Three errors: a macro sees one block at a time, so the second one says what it misses, and rustc that
//! both define the workflow and its `with`.

use temporal_runtime::prelude::*;

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

#[workflow]
impl W {
    #[query]
    fn n(&self) -> u32 {
        self.n
    }
}

fn main() {}
