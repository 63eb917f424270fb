//! An argument that is not serializable.

use temporal_runtime::prelude::*;

struct Raw(u32);

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
    fn s(&mut self, raw: Raw) {
        self.n = raw.0;
    }
}

fn main() {}
