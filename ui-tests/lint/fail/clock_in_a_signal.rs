//! Replay calls the handlers again.

use std::time::Instant;

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct W {
    at: Option<Instant>,
}

#[workflow]
impl W {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|state| state.at.is_some()).await
    }

    #[signal]
    fn arrive(&mut self) {
        self.at = Some(Instant::now());
    }
}

fn main() {}
