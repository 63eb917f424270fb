//! A timer of tokio.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
