//! A wait beside the shield.

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
        let _shield = wf.shielded();
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(1)
    }
}

fn main() {}
