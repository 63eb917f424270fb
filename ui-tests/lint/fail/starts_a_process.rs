//! A process.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _command = std::process::Command::new("ls");
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
