//! Neither `#[init]` nor `Default`.

use temporal_runtime::prelude::*;

#[workflow]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }
}

fn main() {}
