//! Two dynamic handlers of one role.

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

    #[update(dynamic)]
    fn a(&mut self, name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(name.len() + args.len())
    }

    #[update(dynamic)]
    fn b(&mut self, name: String, args: Vec<RawValue>) -> Result<usize> {
        Ok(name.len() + args.len())
    }
}

fn main() {}
