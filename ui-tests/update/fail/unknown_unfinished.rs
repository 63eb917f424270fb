//! A policy that there is not.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W;

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[update(unfinished = "abandn")]
    async fn f(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }
}

fn main() {}
