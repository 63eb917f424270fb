//! `until` without the type of the state.

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
        wf.race((until(|s| s.n > 1), timer(Duration::from_secs(1)))).await?;
        Ok(1)
    }
}

fn main() {}
