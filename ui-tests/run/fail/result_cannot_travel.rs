//! A result that is not serializable.

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
    async fn run(wf: &mut Wf<Self>) -> Result<Raw> {
        Ok(Raw(wf.n))
    }
}

fn main() {}
