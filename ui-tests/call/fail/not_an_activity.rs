//! `with` of a function that is no activity.

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
        wf.execute(add::with(1, 2)).await
    }
}

async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
