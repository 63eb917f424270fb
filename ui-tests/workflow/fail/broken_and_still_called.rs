//! Mistakes in workflows that other code uses: the uses say nothing.
//!
//! Three errors, because there are three mistakes.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>, by: u32) -> Result<u32> {
        Ok(wf.n + by)
    }

    #[signal]
    fn add(&self, text: &str, by: u32) {}

    #[query]
    fn n(&self) -> u32 {
        self.n
    }

    #[update]
    fn set(&mut self, n: u32) -> Result<String> {
        self.n = n;
        Ok("set".to_owned())
    }
}

#[workflow]
async fn hello(wf: &mut Wf, name: &str) -> Result<usize> {
    wf.sleep(Duration::from_secs(1)).await?;
    Ok(name.len())
}

#[workflow]
async fn parent(wf: &mut Wf) -> Result<u32> {
    wf.execute(W::with(1)).await
}

async fn caller(client: &Client) -> Result<String> {
    let handle: WHandle = client.start(W::with(1)).await?;
    handle.add("x", 1).await?;
    let n: u32 = handle.n().await?;
    let text: String = handle.set(n).await?;
    let result: u32 = handle.result().await?;
    let length: usize = client.execute(hello::with(text.as_str())).await?;
    Ok(format!("{text}{result}{length}"))
}

fn main() {}
