//! `queue = ..`; the key behind it is still read.

use temporal_runtime::prelude::*;

#[workflow(queue = "x", name = "Other")]
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
