//! A query that lends the state to its caller, alone and in a `Result`.
//!
//! Two errors for two mistakes.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
    name: String,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }

    #[query]
    fn name(&self) -> &str {
        &self.name
    }

    #[query]
    fn names(&self) -> Result<Vec<&str>> {
        Ok(vec![&self.name])
    }
}

fn main() {}
