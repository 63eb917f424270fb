//! A dynamic handler with arguments of its own.

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

    #[signal(dynamic)]
    fn any(&mut self, amount: u32) {
        self.n += amount;
    }
}

fn main() {}
