//! Two `#[init]` functions.

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

    #[init]
    fn new() -> Self {
        Self { n: 1 }
    }

    #[init]
    fn other() -> Self {
        Self { n: 2 }
    }
}

fn main() {}
