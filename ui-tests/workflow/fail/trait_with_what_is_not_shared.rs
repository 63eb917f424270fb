//! `#[run]`, `#[init]` and dynamic handlers are each workflow's own; what is shared follows the rules of its role.

use temporal_runtime::{RawValue, prelude::*};

#[workflow]
trait Shared {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()>;

    #[init]
    fn new() -> Self;

    #[signal(dynamic)]
    fn any(&mut self, name: String, args: Vec<RawValue>);

    #[query]
    fn counts(&mut self) -> u32;

    #[signal]
    fn stop(&mut self, by: &str);
}

#[workflow]
trait Empty {
    fn helper(&self) {}
}

#[workflow]
trait Generic<T: Send> {
    #[signal]
    fn hear(&mut self, text: String);
}

#[workflow(name = "Named")]
trait WithName {
    #[signal]
    fn hear(&mut self, text: String);
}

fn main() {}
