//! An `Rc` kept across a wait.

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
        let number = std::rc::Rc::new(1);
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(*number)
    }
}

fn main() {}
