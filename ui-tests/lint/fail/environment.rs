//! A variable of the environment.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _home = std::env::var("HOME");
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
