//! A `#[run]` function that is not async.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }
}

fn main() {}
