//! An id that differs on replay.

use temporal_runtime::prelude::*;

struct Uuid;

impl Uuid {
    fn new_v4() -> Self {
        Self
    }
}

#[workflow]
async fn w(wf: &mut Wf) -> Result<()> {
    let _id = Uuid::new_v4();
    wf.sleep(Duration::from_secs(1)).await
}

fn main() {}
