//! Mistakes in activities that a workflow uses: the uses say nothing.
//!
//! Three errors, because there are three mistakes.

use temporal_runtime::prelude::*;

struct Block;

#[activity(start_to_close = "1s")]
async fn greet(name: &str) -> Result<String> {
    Ok(name.to_owned())
}

#[activity(start_to_close = "1s")]
async fn count(n: u32) -> u32 {
    n
}

#[activity(start_to_close = "1s")]
impl Block {
    #[activity]
    async fn log(&mut self, text: String) -> Result<()> {
        drop(text);
        Ok(())
    }
}

#[workflow]
async fn caller(wf: &mut Wf) -> Result<String> {
    wf.execute(Block::log_with("x")).await?;
    let n: u32 = wf.execute(count::with(1).start_to_close(Duration::from_secs(1))).await?;
    wf.execute(greet::with(n.to_string())).await
}

fn main() {}
