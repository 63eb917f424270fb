//! A local call without any timeout.

use temporal_runtime::prelude::*;

#[workflow]
async fn calls(wf: &mut Wf) -> Result<String> {
    wf.execute(greet::with("x").local()).await
}

#[activity]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

fn main() {}
