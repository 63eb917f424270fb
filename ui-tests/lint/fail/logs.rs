//! A log that does not know of replay: a warning, which the first line makes an error.

#![deny(deprecated)]

use temporal_runtime::prelude::*;

mod log {
    macro_rules! info {
        ($text:literal) => {
            let _ = $text;
        };
    }
    pub(crate) use info;
}

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    log::info!("hello");
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
