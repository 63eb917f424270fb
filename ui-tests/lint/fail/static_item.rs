//! A value of the process: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    static COUNT: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
    COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
