//! The name of the lint is misspelt.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run(allow(nondeterminsm))]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }
}

fn main() {}
