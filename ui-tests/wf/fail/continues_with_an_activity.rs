//! A continue-as-new with an activity: only a workflow can follow a run.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "10s")]
async fn counts(n: u32) -> Result<u32> {
    Ok(n)
}

#[workflow]
async fn ends(wf: &mut Wf, from: u32) -> Result<u32> {
    wf.continue_as_new(counts::with(from))
}

fn main() {}
