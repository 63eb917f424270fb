//! A marked block without a marked method.

use temporal_runtime::prelude::*;

struct S;

#[activity]
impl S {
    async fn f(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
