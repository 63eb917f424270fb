//! Handlers have a state to work on, and are listed by its type.

use temporal_runtime::prelude::*;

#[workflow]
trait Shared {
    #[signal]
    fn stop(&mut self);
}

#[workflow(inherits(Shared))]
async fn a(_wf: &mut Wf) -> Result<()> {
    Ok(())
}

#[workflow(inherits = "Shared")]
async fn b() -> Result<()>;

#[workflow(inherits())]
async fn c() -> Result<()>;

#[workflow]
#[derive(Default)]
struct D;

#[workflow(inherits(Shared))]
impl D {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
