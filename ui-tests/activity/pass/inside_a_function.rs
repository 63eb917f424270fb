//! An activity, and a workflow, inside a function body.

use temporal_runtime::prelude::*;

#[test]
fn definitions_may_be_local() {
    struct Local(u32);

    #[activity(start_to_close = "1s")]
    async fn local_activity(local: &Local, n: u32) -> Result<u32> {
        Ok(local.0 + n)
    }

    #[workflow]
    async fn local_workflow(wf: &mut Wf, n: u32) -> Result<u32> {
        wf.execute(local_activity::with(n)).await
    }

    assert_eq!(crate::activity("local_activity").needs.len(), 1);
    assert_eq!(crate::workflow("local_workflow").args, ["n: u32"]);
    let _ = (local_activity(&Local(1), 1), local_workflow::with(1));
}
