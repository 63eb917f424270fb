//! A `&mut` to the state across a wait.

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
        let n = &mut wf.n;
        wf.sleep(Duration::from_secs(1)).await?;
        *n += 1;
        Ok(wf.n)
    }
}

fn main() {}
