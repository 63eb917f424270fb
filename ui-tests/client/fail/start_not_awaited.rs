//! A start that nobody awaits: a warning, which the first line makes an error.

#![deny(unused_must_use)]

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
        Ok(wf.n)
    }
}

fn caller(client: &Client) {
    client.start(W::with());
}

fn main() {}
