//! A hasher with a random key: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _hasher = std::hash::RandomState::new();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
