//! A workflow function with two `&` parameters.

use temporal_runtime::prelude::*;

struct Db;

#[workflow]
async fn hello(_wf: &mut Wf, _db: &Db) -> Result<()> {
    Ok(())
}

fn main() {}
