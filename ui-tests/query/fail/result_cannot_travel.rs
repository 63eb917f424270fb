//! The result of a query that is not serializable.

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

    #[query]
    fn q(&self) -> Raw {
        Raw(self.n)
    }
}

fn main() {}
