//! A workflow for every name, with a name of its own.

use temporal_runtime::prelude::*;

#[workflow(dynamic, name = "anything")]
async fn any(_wf: &mut Wf) -> Result<()> {
    Ok(())
}

fn main() {}
