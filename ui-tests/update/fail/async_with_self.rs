//! An async update with `&mut self`.

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

    #[update]
    async fn u(&mut self) -> Result<u32> {
        Ok(self.n)
    }
}

fn main() {}
