//! Waits and calls that nobody awaits: warnings, which the first line makes errors.
//!
//! Three errors for three lines.

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
        wf.execute(add::with(1, 2));
        wf.sleep(Duration::from_secs(1));
        add::with(1, 2);
        Ok(1)
    }
}

#[activity(start_to_close = "1s")]
async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
