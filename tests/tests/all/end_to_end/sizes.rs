//! What is too large to travel: alone, and together.

use temporal_runtime::{FailureKind, client::WorkflowStatus, prelude::*};

use super::{raw::deployed, world::Cache};

#[activity(start_to_close = "30s")]
async fn weighs(bytes: Vec<u8>) -> Result<usize> {
    Ok(bytes.len())
}

#[workflow]
async fn sends_bytes(wf: &mut Wf, count: usize, times: usize) -> Result<usize> {
    let calls = (0..times).map(|_| weighs::with(vec![7; count]));
    let weights = wf.join_all(calls.collect::<Vec<_>>()).await?;
    Ok(weights.iter().sum())
}

/// The limit is the payload's: whoever mends the code goes on.
#[test]
fn an_argument_that_is_too_large_fails_the_task() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let call = sends_bytes::with(2 * 1024 * 1024 + 1, 1);
        let handle = deployment.client().start(call).await?;
        let failed = deployment.failed_task(handle.id()).await?;
        for text in [
            "of 2097153 bytes is over the limit of 2 MiB for one payload",
            "weighs",
        ] {
            assert!(failed.message.contains(text), "{}", failed.message);
        }
        handle.terminate("the test is over").await
    })
}

/// The limit is that of a message, and the service ends the workflow: it could never go on.
#[test]
fn arguments_that_are_too_large_together_end_the_workflow() -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let client = deployment.client();
        assert_eq!(
            client.execute(sends_bytes::with(1_000_000, 3)).await?,
            3_000_000
        );
        let handle = client.start(sends_bytes::with(1_500_000, 3)).await?;
        let error = handle.result().await.expect_err("4.5 MB in one message");
        let failure = error.failure().expect("why");
        assert_eq!(failure.kind(), FailureKind::Terminated, "{error:?}");
        assert_eq!(handle.describe().await?.status, WorkflowStatus::Terminated);
        Ok(())
    })
}
