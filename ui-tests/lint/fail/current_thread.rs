//! The thread: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _thread = std::thread::current().id();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
