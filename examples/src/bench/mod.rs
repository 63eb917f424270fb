//! The benchmark's workflows, its made-up history, and the JSON line; `bin/bench.rs` drives them.

pub mod history;
pub mod measure;
pub mod parked;

use temporal_runtime::prelude::*;

/// The cheapest useful activity: one small argument in, the same out.
#[activity(start_to_close = "60s")]
pub async fn echo(value: u32) -> Result<u32> {
    Ok(value)
}

/// `size` activities, one after another. With size 1: the one-activity workflow.
#[workflow(name = "Chain")]
pub async fn chain(wf: &mut Wf, size: u32) -> Result<u32> {
    let mut last = 0;
    for i in 0..size {
        last = wf.execute(echo::with(i)).await?;
    }
    Ok(last)
}

/// The same, each in the worker itself.
#[workflow(name = "LocalActivities")]
pub async fn local_activities(wf: &mut Wf, size: u32) -> Result<u32> {
    let mut last = 0;
    for i in 0..size {
        last = wf.execute(echo::with(i).local()).await?;
    }
    Ok(last)
}
