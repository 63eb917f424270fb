//! A signal with `self` and the `Wf`.

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
    fn s(&mut self, wf: &mut Wf<Self>) {
        self.n += 1;
    }
}

fn main() {}
