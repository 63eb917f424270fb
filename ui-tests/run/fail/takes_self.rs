//! `run(&mut self)`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(&mut self) -> Result<u32> {
        Ok(self.n)
    }
}

fn main() {}
