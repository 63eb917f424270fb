//! Each workflow implements the traits that it inherits.

use temporal_runtime::prelude::*;

#[workflow]
trait Shared {
    #[signal]
    fn stop(&mut self);
}

#[workflow(inherits(Shared))]
#[derive(Default)]
struct A;

#[workflow]
impl A {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
