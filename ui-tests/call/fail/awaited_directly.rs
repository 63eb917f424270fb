//! A description that is awaited.

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
        add::with(1, 2).await
    }
}

#[activity(start_to_close = "1s")]
async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
