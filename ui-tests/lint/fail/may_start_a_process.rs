//! Something called `Command`: a warning, which the first line makes an error.

#![deny(deprecated)]

use std::process::Command;

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _command = Command::new("ls");
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
