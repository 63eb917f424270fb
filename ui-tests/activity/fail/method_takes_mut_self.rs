//! A method with `&mut self`.

use temporal_runtime::prelude::*;

struct S;

#[activity]
impl S {
    #[activity]
    async fn f(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
