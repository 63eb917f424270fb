//! `run(wf: &mut Wf<String>)`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<String>) -> Result<u32> {
        drop(wf);
        Ok(1)
    }
}

fn main() {}
