//! A `#[workflow] impl` block of a type that is not marked.
//!
//! Two errors: the handle is made where the type is marked, because only there its visibility is known,
//! so rustc also misses `WHandle`.

use temporal_runtime::prelude::*;

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
