//! A handler that the handle does not have.

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

    #[signal]
    fn approve(&mut self) {}
}

async fn caller(client: &Client) -> Result<()> {
    client.workflow::<W>("id").aprove().await?;
    Ok(())
}

fn main() {}
