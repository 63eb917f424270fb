//! Branches in random order.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    tokio::select! {
        () = std::future::ready(()) => {}
        () = std::future::pending() => {}
    }
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
