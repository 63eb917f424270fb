//! A message has one handler.

use temporal_runtime::prelude::*;

#[workflow]
trait Shared {
    #[signal(name = "halt")]
    fn stop(&mut self);
}

#[workflow(inherits(Shared))]
#[derive(Default)]
struct A;

impl Shared for A {
    fn stop(&mut self) {}
}

#[workflow]
impl A {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }

    #[signal]
    fn halt(&mut self) {}
}

fn main() {}
