//! A type cannot say that its `run` takes every name.

use temporal_runtime::prelude::*;

#[workflow(dynamic)]
#[derive(Default)]
struct W;

#[workflow]
impl W {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
