//! A value of the thread: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    std::thread_local!(static COUNT: u8 = const { 0 });
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
