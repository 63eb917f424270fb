//! A set without an order: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _seen = std::collections::HashSet::from([1, 2]);
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
