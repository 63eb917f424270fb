//! A number for a name, and an empty task queue.
//!
//! Two errors for two mistakes.

use temporal_runtime::prelude::*;

#[workflow(name = 5, task_queue = "")]
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
}

fn main() {}
