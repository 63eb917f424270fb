//! A channel, whose end somebody else may hold.

use temporal_runtime::prelude::*;

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let (_sender, _receiver) = std::sync::mpsc::channel::<u8>();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
