//! A workflow function that takes `&Wf`.

use temporal_runtime::prelude::*;

#[workflow]
async fn hello(_wf: &Wf) -> Result<()> {
    Ok(())
}

fn main() {}
