//! Arguments that the workflow does not take.

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
}

async fn caller(client: &Client) -> Result<()> {
    client.start(W::with("x")).await?;
    Ok(())
}

fn main() {}
