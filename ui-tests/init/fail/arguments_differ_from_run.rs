//! `#[init]` and `#[run]` take different arguments.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[init]
    fn new(name: String) -> Self {
        drop(name);
        Self { n: 1 }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, by: u8) -> Result<u32> {
        Ok(wf.n + u32::from(by))
    }
}

fn main() {}
