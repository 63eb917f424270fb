//! A workflow of another worker, with its messages: nothing is registered, and nothing is a warning.

use temporal_runtime::__private::{WorkflowDef, WorkflowReg, inventory};
use temporal_runtime::prelude::*;

/// Elsewhere.
#[workflow(name = "declared elsewhere", task_queue = "far")]
pub struct Declared;

#[workflow]
impl Declared {
    /// Takes and gives.
    #[run]
    async fn run(order: String, cents: u64) -> Result<Vec<u8>>;

    /// Says who.
    #[signal]
    fn approve(by: String);

    #[query(name = "how much")]
    fn how_much() -> u64;

    #[update]
    async fn reduce(by: u64, _why: String) -> Result<u64>;
}

#[workflow]
struct Private;

#[workflow]
impl Private {
    #[run]
    async fn run();
}

async fn calls(client: Client) -> Result<u64> {
    let handle = client.start(Declared::with("o-1", 5)).await?;
    handle.approve("ann").await?;
    client.execute(Private::with()).await?;
    Ok(handle.how_much().await? + handle.reduce(1, "why").await?)
}

#[test]
fn a_declared_workflow_is_not_registered() {
    let found = inventory::iter::<WorkflowReg>
        .into_iter()
        .any(|workflow| workflow.name == "declared elsewhere");
    assert!(!found);
    assert_eq!(Declared::META.task_queue, Some("far"));
    assert_eq!(
        crate::result_of::<Declared>(crate::payload("[1, 2]")),
        [1, 2]
    );
    let _ = calls;
}
