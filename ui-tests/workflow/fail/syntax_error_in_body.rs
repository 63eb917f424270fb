//! A syntax error in a body is rustc's alone.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        let x = ;
        Ok(wf.n)
    }

    #[query]
    fn n(&self) -> u32 {
        self.n
    }
}

fn caller(client: &Client) {
    drop(client.start(W::with()));
}

fn main() {}
