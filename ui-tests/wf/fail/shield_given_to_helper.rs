//! A helper is given the guard instead of `&mut wf`.

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
        let mut wf = wf.shielded();
        Self::cleanup(wf).await?;
        Ok(1)
    }

    async fn cleanup(wf: &mut Wf<Self>) -> Result<()> {
        wf.sleep(Duration::from_secs(1)).await
    }
}

fn main() {}
