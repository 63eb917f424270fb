//! A `#[run]` function that returns no `Result`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> u32 {
        wf.n
    }
}

fn main() {}
