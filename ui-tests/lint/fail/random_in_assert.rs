//! Randomness inside an `assert!`.

use temporal_runtime::prelude::*;

mod rand {
    pub fn random() -> bool {
        true
    }
}

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    assert!(rand::random());
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
