//! `run(ctx: &mut ActivityContext)`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(ctx: &mut ActivityContext) -> Result<u32> {
        drop(ctx);
        Ok(1)
    }
}

fn main() {}
