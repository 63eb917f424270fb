//! A duration with a unit that is none.

use temporal_runtime::prelude::*;

#[activity(start_to_close = "5 sec")]
async fn f() -> Result<()> {
    Ok(())
}

/// It has a timeout, even if nobody can read it: nothing else is wrong here.
#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    wf.execute(f::with()).await
}

fn main() {}
