//! An `Rc` in the state.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: std::rc::Rc<u32>,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(*wf.n)
    }
}

fn main() {}
