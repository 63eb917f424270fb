//! One type is a list, too.

use temporal_runtime::prelude::*;

#[workflow(fail_on = "InvalidInput")]
async fn f(_wf: &mut Wf) -> Result<()> {
    Ok(())
}

fn main() {}
