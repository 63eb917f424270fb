//! An argument of the workflow that is not serializable.

use temporal_runtime::prelude::*;

struct Raw(u32);

#[workflow]
#[derive(Default)]
struct W;

#[workflow]
impl W {
    #[run]
    async fn run(_wf: &mut Wf<Self>, raw: Raw) -> Result<u32> {
        Ok(raw.0)
    }
}

fn main() {}
