//! All ways for a run to end, cancellation first.

use serde_json::json;
use temporal_runtime::prelude::*;

use super::{
    activities::wait_for_cancel,
    attributes::KEYWORD,
    basics::{hello, sleep_for},
};

#[activity(start_to_close = "10s")]
pub(super) async fn release(resource: String) -> Result<String>;

const HOUR: Duration = Duration::from_secs(3600);

#[workflow(name = "CancelCleanup")]
async fn cancel_cleanup(wf: &mut Wf) -> Result<()> {
    let waited = wf.wait(|()| false).await;
    wf.shielded().execute(release::with("lease")).await?;
    waited
}

#[workflow(name = "CancelTimer")]
async fn cancel_timer(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(60)).await
}

#[workflow(name = "CancelActivity")]
async fn cancel_activity(wf: &mut Wf) -> Result<()> {
    let call = wait_for_cancel::with().cancellation_type(CancellationType::WaitCompleted);
    wf.execute(call).await.map(drop)
}

#[workflow(name = "CancelIgnored")]
async fn cancel_ignored(wf: &mut Wf) -> Result<String> {
    Ok(match wf.sleep(Duration::from_secs(60)).await {
        Err(error) if error.is_cancelled() => "went on",
        _ => "not cancelled",
    }
    .into())
}

#[workflow(name = "WaitForever")]
async fn wait_an_hour(wf: &mut Wf) -> Result<()> {
    wf.sleep(HOUR).await
}

#[workflow(name = "NexusHandlerWait")]
async fn nexus_handler_wait(wf: &mut Wf, _name: String) -> Result<String> {
    let waited = wf.wait(|()| false).await;
    wf.shielded().sleep(Duration::from_millis(500)).await?;
    waited.map(|()| "never".into())
}

#[workflow(name = "NexusHandlerFail")]
async fn nexus_handler_fail(_wf: &mut Wf, name: String) -> Result<String> {
    Err(ApplicationError::new(format!("no greeting for {name}"))
        .error_type("NoGreeting")
        .into())
}

#[workflow(name = "WorkflowFail")]
async fn workflow_fail(_wf: &mut Wf) -> Result<()> {
    let cause = ApplicationError::new("card declined")
        .error_type("CardError")
        .detail("4000-0002".to_owned())?;
    Err(ApplicationError::new("order refused")
        .error_type("OrderError")
        .detail(json!({"order": 7}))?
        .detail(vec![1, 2])?
        .non_retryable()
        .cause(cause)
        .into())
}

#[workflow(name = "WorkflowRetry")]
pub(super) async fn workflow_retry(wf: &mut Wf) -> Result<u32> {
    let attempt = wf.info().attempt;
    if attempt == 1 {
        return Err(ApplicationError::new("first attempt fails")
            .error_type("FlakyError")
            .into());
    }
    Ok(attempt)
}

#[workflow(name = "ContinueAsNew")]
pub(super) async fn continue_as_new(
    wf: &mut Wf,
    left: u32,
    mut log: Vec<String>,
) -> Result<Vec<String>> {
    wf.sleep(Duration::from_millis(200)).await?;
    log.push(format!("{left} left"));
    if left == 0 {
        return Ok(log);
    }
    wf.continue_as_new(continue_as_new::with(left - 1, log).memo("left", left - 1))
}

#[workflow(name = "ContinueAsNewOtherType")]
async fn continue_as_new_other_type(wf: &mut Wf, name: String) -> Result<String> {
    let next = hello::with(name)
        .run_timeout(Duration::from_secs(30))
        .task_timeout(Duration::from_secs(5))
        .retry_policy(RetryPolicy::new().maximum_attempts(2))
        .search_attributes([KEYWORD.set("second")]);
    wf.continue_as_new(next)
}

#[workflow(name = "ContinueAsNewSignalled")]
#[derive(Default)]
struct ContinueAsNewSignalled {
    values: Vec<String>,
}

#[workflow]
impl ContinueAsNewSignalled {
    #[run]
    async fn run(wf: &mut Wf<Self>, first: bool, mut values: Vec<String>) -> Result<Vec<String>> {
        if first {
            wf.wait(|s| !s.values.is_empty()).await?;
            wf.execute(sleep_for::with(1.0).local()).await?;
            return wf.continue_as_new(Self::with(false, wf.values.clone()));
        }
        values.append(&mut wf.values);
        Ok(values)
    }

    #[signal]
    fn add_value(&mut self, value: String) {
        self.values.push(value);
    }
}
