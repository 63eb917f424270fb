//! A type error in a workflow function is rustc's alone.

use temporal_runtime::prelude::*;

#[workflow]
async fn hello(wf: &mut Wf, name: String) -> Result<String> {
    wf.sleep(Duration::from_secs(1)).await?;
    Ok(nmae)
}

fn main() {}
