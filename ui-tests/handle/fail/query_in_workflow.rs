//! A child's query, which workflow code cannot send.

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

    #[query]
    fn number(&self) -> u32 {
        self.n
    }

    #[update]
    fn add(&mut self, n: u32) -> Result<u32> {
        self.n += n;
        Ok(self.n)
    }
}

#[workflow]
async fn parent(wf: &mut Wf) -> Result<u32> {
    let child = wf.start(Child::with());
    wf.execute(child.number()).await
}

fn main() {}
