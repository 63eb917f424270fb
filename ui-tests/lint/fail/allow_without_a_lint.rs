//! `allow` alone.

use temporal_runtime::prelude::*;

#[workflow(allow)]
async fn w(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
