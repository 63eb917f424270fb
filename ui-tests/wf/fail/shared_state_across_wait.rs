//! A loop over the state with a wait in it.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    items: Vec<u32>,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        for n in &wf.items {
            wf.execute(add::with(*n, 1)).await?;
        }
        Ok(1)
    }
}

#[activity(start_to_close = "1s")]
async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
