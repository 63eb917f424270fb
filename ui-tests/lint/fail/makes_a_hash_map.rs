//! A map without an order: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _counts = std::collections::HashMap::<u8, u8>::new();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
