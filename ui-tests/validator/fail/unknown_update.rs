//! A validator of an update that is not there.

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
    fn set_language(&mut self, language: u8) -> Result<()> {
        drop(language);
        Ok(())
    }

    #[validator(set_langauge)]
    fn check(&self, language: &u8) -> Result<()> {
        drop(language);
        Ok(())
    }
}

fn main() {}
