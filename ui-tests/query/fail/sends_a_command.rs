//! A query that starts something.

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

    #[query]
    fn q(wf: &Wf<Self>) -> u32 {
        drop(wf.start(hello::with()));
        wf.n
    }
}

#[workflow]
async fn hello(_wf: &mut Wf) -> Result<()> {
    Ok(())
}

fn main() {}
