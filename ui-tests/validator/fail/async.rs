//! A validator that waits: it has to accept or reject at once.

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
        Ok(wf.n)
    }

    #[update]
    fn set(&mut self, n: u8) -> Result<()> {
        self.n = n.into();
        Ok(())
    }

    #[validator(set)]
    async fn check(&self, n: &u8) -> Result<()> {
        drop(n);
        Ok(())
    }
}

fn main() {}
