//! The `Wf` by value.

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

    #[signal]
    async fn s(wf: Wf<Self>) {
        drop(wf);
    }
}

fn main() {}
