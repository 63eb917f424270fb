//! A plain future in `wf.execute`.

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
        wf.execute(async { 1 }).await?;
        Ok(wf.n)
    }
}

fn main() {}
