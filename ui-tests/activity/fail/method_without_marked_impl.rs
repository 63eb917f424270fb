//! A method that is marked, in a block that is not.

use temporal_runtime::prelude::*;

struct S;

impl S {
    #[activity]
    async fn f(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
