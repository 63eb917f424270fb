//! A task outside the workflow.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    drop(tokio::spawn(async {}));
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
