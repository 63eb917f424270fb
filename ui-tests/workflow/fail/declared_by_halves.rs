//! A workflow is implemented here, or declared; its declaration lists only what travels.

use temporal_runtime::{RawValue, prelude::*};

#[workflow]
#[derive(Default)]
struct Here;

#[workflow]
impl Here {
    #[run]
    async fn run(_wf: &mut Wf<Self>) -> Result<()> {
        Ok(())
    }

    #[signal]
    fn stop(by: String);
}

#[workflow]
struct There;

#[workflow]
impl There {
    #[run]
    async fn run(wf: &mut Wf<Self>, order: String) -> Result<()>;

    #[init]
    fn new(order: String) -> Self;

    #[signal]
    fn stop(&mut self, by: String);

    #[signal]
    fn halt(by: String) {
        drop(by);
    }

    #[query(dynamic)]
    fn any(name: String, args: Vec<RawValue>) -> u32;

    #[query]
    async fn count() -> u32;

    fn unmarked(x: u32) -> u32;
}

#[workflow(dynamic)]
async fn caller(wf: &mut Wf, _name: String, _args: Vec<RawValue>) -> Result<()> {
    // no mistake here: the declaration has its call and its handle all the same
    let there = wf.start(There::with("o-1"));
    wf.execute(there.stop("ann")).await?;
    wf.execute(there).await
}

fn main() {}
