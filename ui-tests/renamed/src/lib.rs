//! `crate = path` for who renames the dependency: nothing that is generated names `temporal_runtime`, and nothing
//! else has to be in `Cargo.toml`.
#![deny(warnings)]

use durable::prelude::*;

/// An activity.
///
/// # Errors
/// None.
#[activity(crate = durable, start_to_close = "1s")]
pub async fn greet(name: String) -> Result<String> {
    Ok(format!("hello {name}"))
}

/// Declared only.
#[activity(crate = durable, start_to_close = "1s")]
async fn elsewhere(name: String) -> Result<String>;

/// What a block of activities shares.
#[derive(Debug)]
pub struct Block;

#[activity(crate = durable, start_to_close = "1s")]
impl Block {
    #[activity]
    async fn in_block(&self) -> Result<u8> {
        Ok(1)
    }
}

/// A workflow.
#[workflow(crate = durable)]
#[derive(Default, Debug)]
pub struct Renamed {
    n: u32,
}

#[workflow(crate = durable)]
impl Renamed {
    #[run]
    async fn run(wf: &mut Wf<Self>, name: String) -> Result<String> {
        wf.execute(Block::in_block_with()).await?;
        wf.execute(function::with()).await?;
        let name = wf.execute(elsewhere::with(name)).await?;
        wf.execute(greet::with(name)).await
    }

    #[signal]
    fn add(&mut self, n: u32) {
        self.n += n;
    }

    #[query]
    fn n(&self) -> u32 {
        self.n
    }

    #[update]
    async fn wait_until(wf: &mut Wf<Self>, n: u32) -> Result<()> {
        wf.wait(move |s| s.n >= n).await
    }

    #[validator(wait_until)]
    fn is_ahead(&self, n: &u32) -> Result<()> {
        if *n < self.n {
            Err("long past".into())
        } else {
            Ok(())
        }
    }
}

#[workflow(crate = durable)]
async fn function(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(1)).await
}

/// Every call of the typed handle.
///
/// # Errors
/// None of it is run.
pub async fn caller(client: &Client) -> Result<u32> {
    let handle = client.start(Renamed::with("x")).await?;
    handle.add(1).await?;
    handle.wait_until(1).await?;
    handle.n().await
}
