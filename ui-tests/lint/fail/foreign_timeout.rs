//! A timeout of tokio, given as a value.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _limit = tokio::time::timeout::<std::future::Ready<()>>;
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
