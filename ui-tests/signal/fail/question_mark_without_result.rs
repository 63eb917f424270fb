//! `?` in an async signal that returns nothing.

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
    async fn later(wf: &mut Wf<Self>) {
        wf.sleep(Duration::from_secs(1)).await?;
        wf.n += 1;
    }
}

fn main() {}
