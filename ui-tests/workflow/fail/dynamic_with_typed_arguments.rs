//! A workflow for every name, with arguments of its own.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W;

#[workflow(dynamic)]
impl W {
    #[init]
    fn new(order: String) -> Self {
        drop(order);
        Self
    }

    #[run]
    async fn run(_wf: &mut Wf<Self>, order: String) -> Result<String> {
        Ok(order)
    }
}

fn main() {}
