//! A shield that is not `mut`.

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
        let wf = wf.shielded();
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(wf.n)
    }
}

fn main() {}
