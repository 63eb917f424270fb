//! Several mistakes in one block.
//!
//! Seven errors, because there are seven mistakes.

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

    #[query]
    async fn q(&mut self) {}

    #[signal]
    fn s(&self, a: &str) -> u32 {
        1
    }

    #[signal(nam = "x")]
    fn t(&mut self) {}
}

fn main() {}
