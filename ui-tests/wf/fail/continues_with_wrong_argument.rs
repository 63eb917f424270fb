//! A continue-as-new with an argument that the next run does not take.

use temporal_runtime::prelude::*;

#[workflow]
async fn counts(wf: &mut Wf, from: u32) -> Result<u32> {
    wf.sleep(Duration::from_secs(1)).await?;
    wf.continue_as_new(counts::with(from.to_string()))
}

fn main() {}
