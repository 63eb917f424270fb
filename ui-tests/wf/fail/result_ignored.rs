//! A wait without `?`: a warning, which the first line makes an error.

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
        wf.sleep(Duration::from_secs(1)).await;
        Ok(wf.n)
    }
}

fn main() {}
