//! The chain reads the state that the shield borrows.

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
        wf.shielded().execute(add::with(wf.n.clone(), 1)).await
    }
}

#[activity(start_to_close = "1s")]
async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
