//! A key of `#[update]` that does not exist.

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

    #[update(name = "add one", unfinishd = "abandon")]
    fn add(&mut self) -> Result<u32> {
        self.n += 1;
        Ok(self.n)
    }
}

fn main() {}
