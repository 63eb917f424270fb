//! `run(wf: &Wf<Self>)`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }
}

fn main() {}
