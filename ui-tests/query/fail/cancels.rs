//! A query that cancels a handle kept in the state.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    job: Option<Pending<W, u32>>,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.job = Some(wf.start(add::with(1, 2)));
        Ok(())
    }

    #[query]
    fn q(&self) -> u32 {
        if let Some(job) = &self.job {
            job.cancel();
        }
        1
    }
}

#[activity(start_to_close = "1s")]
async fn add(a: u32, b: u32) -> Result<u32> {
    Ok(a + b)
}

fn main() {}
