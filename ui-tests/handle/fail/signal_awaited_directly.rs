//! A signal to a child that is awaited without `wf`.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct Child {
    n: u32,
}

#[workflow]
impl Child {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }

    #[signal]
    fn set(&mut self, n: u32) {
        self.n = n;
    }
}

#[workflow]
async fn parent(wf: &mut Wf) -> Result<u32> {
    let child = wf.start(Child::with());
    child.set(1).await?;
    wf.execute(child).await
}

fn main() {}
