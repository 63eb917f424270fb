//! `#[cfg]` on handlers, activities and function workflows reaches everything that is made of them.

use temporal_runtime::prelude::*;

#[workflow]
#[derive(Default)]
struct Conditional {
    n: u32,
}

#[workflow]
impl Conditional {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        Ok(wf.n)
    }

    #[cfg(any())]
    #[signal]
    fn absent(&mut self, by: NotThere) {}

    #[cfg(not(any()))]
    #[signal]
    fn present(&mut self, by: u32) {
        self.n = by;
    }

    /// One of two with the same name.
    #[cfg(any())]
    #[update]
    fn either(&mut self, n: NotThere) -> Result<()> {}

    #[cfg(not(any()))]
    #[update]
    async fn either(wf: &mut Wf<Self>, n: u32) -> Result<()> {
        wf.n = n;
        Ok(())
    }

    #[cfg(any())]
    #[query]
    fn unanswered(&self) -> NotThere {}
}

#[cfg(any())]
#[activity]
async fn absent(by: NotThere) -> Result<()> {}

#[cfg(any())]
#[workflow]
async fn not_there(wf: &mut Wf, by: NotThere) -> Result<()> {}

#[workflow]
#[cfg(any())]
async fn not_there_either(wf: &mut Wf, by: NotThere) -> Result<()> {}

#[activity]
#[cfg(any())]
async fn absent_too(by: NotThere) -> Result<()> {}

#[workflow]
#[cfg(any())]
struct LeftOut(NotThere);

#[workflow]
#[cfg(any())]
impl LeftOut {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<NotThere> {}
}

#[activity]
#[cfg(any())]
impl LeftOut {
    #[activity]
    fn absent_three(&self) -> Result<NotThere> {}
}

struct Block;

#[activity(start_to_close = "1s")]
impl Block {
    #[cfg(any())]
    #[activity]
    fn absent(&self, by: NotThere) -> Result<()> {}

    #[cfg(not(any()))]
    #[activity]
    fn present_here(&self) -> Result<()> {
        Ok(())
    }
}

async fn caller(handle: &ConditionalHandle) -> Result<()> {
    let _ = Block::present_here_with();
    handle.present(1).await?;
    handle.either(2).await
}

#[test]
fn what_is_left_out_is_not_registered() {
    let registered = crate::workflow("Conditional");
    assert_eq!(crate::names(registered.signals), ["present"]);
    assert_eq!(crate::names(registered.updates), ["either"]);
    assert!(registered.queries.is_empty());
    assert_eq!(crate::activity("present_here").needs.len(), 1);
    let _ = caller;
}
