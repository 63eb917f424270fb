//! A shared handler that waits moves between threads as every other does.

use std::rc::Rc;

use temporal_runtime::prelude::*;

#[workflow]
trait Shared {
    #[signal]
    async fn stop(wf: &mut Wf<Self>);
}

#[workflow(inherits(Shared))]
#[derive(Default)]
struct A;

impl Shared for A {
    async fn stop(wf: &mut Wf<Self>) {
        let kept = Rc::new(1);
        let _ = wf.sleep(Duration::from_secs(1)).await;
        drop(kept);
    }
}

#[workflow]
impl A {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
