//! A key without a value.

use temporal_runtime::prelude::*;

#[workflow(name)]
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
