//! A dynamic handler with a name.

use temporal_runtime::RawValue;
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

    #[query(name = "x", dynamic)]
    fn any(&self, name: String, args: Vec<RawValue>) -> usize {
        name.len() + args.len()
    }
}

fn main() {}
