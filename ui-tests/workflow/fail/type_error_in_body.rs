//! A type error in a body is rustc's alone, and sees through the `Wf`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    approved_by: u32,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.approved)
    }
}

fn main() {}
