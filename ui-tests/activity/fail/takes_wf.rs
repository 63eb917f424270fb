//! An activity that wants the workflow.

use temporal_runtime::prelude::*;

#[activity]
async fn f(wf: &mut Wf) -> Result<()> {
    drop(wf);
    Ok(())
}

fn main() {}
