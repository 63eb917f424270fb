//! An `impl Trait` argument.

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

    #[signal]
    fn s(&mut self, by: impl Into<String>) {
        drop(by.into());
    }
}

fn main() {}
