//! I/O.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _text = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
