//! Injected state as `&mut`.

use temporal_runtime::prelude::*;

struct Db;

#[activity]
async fn f(db: &mut Db) -> Result<()> {
    drop(db);
    Ok(())
}

fn main() {}
