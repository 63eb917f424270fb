//! A workflow that asks for more at once than the service allows: its task fails with a text that says so, and the worker
//! goes on.

use temporal_protos::enums::WorkflowTaskFailedCause as Cause;
use temporal_runtime::prelude::*;

use super::{external::Ear, raw::deployed, world::Cache};

/// What of one kind may be pending in a run.
const LIMIT: usize = 2000;

#[activity(start_to_close = "30s", task_queue = "nobody-polls-this-queue")]
async fn is_one_of_many(number: usize) -> Result<usize> {
    Ok(number)
}

#[workflow]
async fn wants_too_much(wf: &mut Wf, what: String, count: usize) -> Result<usize> {
    match what.as_str() {
        "activities" => {
            wf.join_all((0..count).map(is_one_of_many::with)).await?;
        }
        "children" => {
            wf.join_all((0..count).map(|n| Ear::with().id(format!("ear-{n}"))))
                .await?;
        }
        "signals" => {
            let ear = wf.external_for::<Ear>("nobody");
            let signals: Vec<_> = (0..count).map(|n| ear.tell(n.to_string())).collect();
            wf.join_all(signals).await?;
        }
        _ => {
            let ear = wf.external_for::<Ear>("nobody");
            let requests: Vec<_> = (0..count).map(|_| ear.cancel()).collect();
            wf.join_all(requests).await?;
        }
    }
    Ok(count)
}

#[workflow]
async fn is_modest(_wf: &mut Wf) -> Result<String> {
    Ok("served".into())
}

fn refused(what: &str, cause: Cause, text: &str) -> Result<()> {
    deployed(Cache::Default, async |deployment| {
        let client = deployment.client();
        let greedy = client.start(wants_too_much::with(what, LIMIT + 1)).await?;
        let failed = deployment.failed_task(greedy.id()).await?;
        assert_eq!(failed.cause, cause, "{}", failed.message);
        assert!(failed.message.contains(text), "{}", failed.message);
        assert_eq!(client.execute(is_modest::with()).await?, "served");
        greedy.terminate("the test is over").await
    })
}

#[test]
fn two_thousand_and_one_activities_are_too_many() -> Result<()> {
    refused(
        "activities",
        Cause::PendingActivitiesLimitExceeded,
        "the number of pending activities, 2000, has reached the per-workflow limit of 2000",
    )
}

#[test]
fn two_thousand_and_one_children_are_too_many() -> Result<()> {
    refused(
        "children",
        Cause::PendingChildWorkflowsLimitExceeded,
        "the number of pending child workflow executions, 2000, has reached the per-workflow limit of 2000",
    )
}

#[test]
fn two_thousand_and_one_signals_are_too_many() -> Result<()> {
    refused(
        "signals",
        Cause::PendingSignalsLimitExceeded,
        "the number of pending signals to external workflows, 2000, has reached the per-workflow limit of 2000",
    )
}

#[test]
fn two_thousand_and_one_cancel_requests_are_too_many() -> Result<()> {
    refused(
        "cancel requests",
        Cause::PendingRequestCancelLimitExceeded,
        "the number of pending requests to cancel external workflows, 2000, has reached the per-workflow limit of 2000",
    )
}
