//! An update called like a method of `Wf`.

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
    fn sleep(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
