//! A signal without `self` or `Wf`.

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
    fn s(by: u32) {
        drop(by);
    }
}

fn main() {}
