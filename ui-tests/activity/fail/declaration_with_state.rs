//! A declaration that lists injected state.

use temporal_runtime::prelude::*;

struct Db;

#[activity]
async fn f(db: &Db, a: u8) -> Result<()>;

fn main() {}
