//! The wall clock.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _started = std::time::SystemTime::now();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
