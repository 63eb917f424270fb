//! A call without any timeout.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    n: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        wf.execute(greet::with("x")).await
    }
}

#[activity]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

fn main() {}
