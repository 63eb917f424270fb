//! A workflow function that is not async.

use temporal_runtime::prelude::*;

#[workflow]
fn hello(wf: &mut Wf) -> Result<()> {
    drop(wf);
    Ok(())
}

fn main() {}
