//! A helper of the block is workflow code too.

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
        Self::helper(wf).await
    }

    async fn helper(wf: &mut Wf<Self>) -> Result<u32> {
        std::thread::sleep(Duration::from_secs(1));
        Ok(wf.n)
    }
}

fn main() {}
