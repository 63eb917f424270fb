//! Child workflows and their parents.

use serde_json::json;
use temporal_runtime::{ErrorKind, ParentClosePolicy, Priority, prelude::*};

use super::{
    endings::{continue_as_new, workflow_retry},
    failures::{chain, outcome},
};

fn child_id<W: Send>(wf: &Wf<W>) -> String {
    format!("{}-child", wf.info().workflow_id)
}

#[workflow(name = "ChildGreet")]
pub(super) async fn child_greet(_wf: &mut Wf, name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[workflow(name = "ChildFail")]
async fn child_fail(_wf: &mut Wf) -> Result<()> {
    let cause = ApplicationError::new("no more paper").error_type("PaperError");
    Err(ApplicationError::new("the child gave up")
        .error_type("ChildGaveUp")
        .detail(json!({"step": 3}))?
        .cause(cause)
        .into())
}

#[workflow(name = "ChildWait")]
#[derive(Default)]
pub(super) struct ChildWait {
    message: Option<String>,
}

#[workflow]
impl ChildWait {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        if let Err(error) = wf.wait(|s| s.message.is_some()).await {
            wf.shielded().sleep(Duration::from_millis(500)).await?;
            return Err(error);
        }
        Ok(wf.message.clone().unwrap_or_default())
    }

    #[signal]
    fn finish(&mut self, message: String) {
        self.message = Some(message);
    }
}

#[workflow(name = "ParentChildOk")]
async fn parent_child_ok(wf: &mut Wf, name: String) -> Result<String> {
    let id = child_id(wf);
    wf.execute(child_greet::with(name).id(id)).await
}

#[workflow(name = "ParentChildAllOptions")]
async fn parent_child_all_options(wf: &mut Wf, name: String) -> Result<String> {
    let (id, queue) = (child_id(wf), wf.info().task_queue.clone());
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(1))
        .maximum_attempts(2);
    wf.execute(
        child_greet::with(name)
            .id(id)
            .task_queue(queue)
            .execution_timeout(Duration::from_secs(60))
            .run_timeout(Duration::from_secs(50))
            .task_timeout(Duration::from_secs(5))
            .cancellation_type(CancellationType::WaitRequested)
            .parent_close_policy(ParentClosePolicy::RequestCancel)
            .retry_policy(retries)
            .memo("origin", "parent")
            .static_summary("child summary")
            .static_details("child details")
            .priority(Priority::new().key(4)),
    )
    .await
}

#[workflow(name = "ParentChildFail")]
async fn parent_child_fail(wf: &mut Wf) -> Result<Vec<String>> {
    let id = child_id(wf);
    let failed = wf.execute(child_fail::with().id(id)).await;
    Ok(failed.err().as_ref().map(chain).unwrap_or_default())
}

#[workflow(name = "ParentChildCancel")]
async fn parent_child_cancel(
    wf: &mut Wf,
    cancellation_type: String,
    linger_seconds: f64,
) -> Result<String> {
    let cancellation = match cancellation_type.as_str() {
        "abandon" => CancellationType::Abandon,
        "try_cancel" => CancellationType::TryCancel,
        "wait_requested" => CancellationType::WaitRequested,
        _ => CancellationType::WaitCompleted,
    };
    let id = child_id(wf);
    let mut child = wf.start(
        ChildWait::with()
            .id(id)
            .cancellation_type(cancellation)
            .parent_close_policy(ParentClosePolicy::Abandon),
    );
    wf.execute(child.started()).await?;
    wf.sleep(Duration::from_millis(300)).await?;
    child.cancel();
    let result = outcome(wf.execute(child).await);
    if linger_seconds > 0.0 {
        wf.sleep(Duration::from_secs_f64(linger_seconds)).await?;
    }
    Ok(result)
}

fn close_policy(name: &str) -> ParentClosePolicy {
    match name {
        "abandon" => ParentClosePolicy::Abandon,
        "request_cancel" => ParentClosePolicy::RequestCancel,
        _ => ParentClosePolicy::Terminate,
    }
}

#[workflow(name = "ParentClosesFirst")]
async fn parent_closes_first(wf: &mut Wf, parent_close_policy: String) -> Result<String> {
    let policy = close_policy(&parent_close_policy);
    let id = child_id(wf);
    let child = wf.start(ChildWait::with().id(id).parent_close_policy(policy));
    wf.execute(child.started()).await?;
    Ok("parent done".into())
}

#[workflow(name = "ParentDoesNotWait")]
async fn parent_does_not_wait(wf: &mut Wf, parent_close_policy: String) -> Result<String> {
    let policy = close_policy(&parent_close_policy);
    let id = child_id(wf);
    let child = wf.start(
        child_greet::with("orphan")
            .id(id)
            .parent_close_policy(policy),
    );
    Ok(if child.is_ready() {
        "child was faster"
    } else {
        "parent done"
    }
    .into())
}

#[workflow(name = "ParentChildTerminated")]
async fn parent_child_terminated(
    wf: &mut Wf,
    child_run_timeout_seconds: f64,
) -> Result<Vec<String>> {
    let id = child_id(wf);
    let mut call = ChildWait::with().id(id);
    if child_run_timeout_seconds > 0.0 {
        call = call.run_timeout(Duration::from_secs_f64(child_run_timeout_seconds));
    }
    let ended = wf.execute(call).await;
    Ok(ended.err().as_ref().map(chain).unwrap_or_default())
}

#[workflow(name = "ParentChildRetry")]
async fn parent_child_retry(wf: &mut Wf) -> Result<u32> {
    let id = child_id(wf);
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(1))
        .maximum_attempts(3);
    wf.execute(workflow_retry::with().id(id).retry_policy(retries))
        .await
}

#[workflow(name = "ParentChildContinues")]
async fn parent_child_continues(wf: &mut Wf) -> Result<Vec<String>> {
    let id = child_id(wf);
    wf.execute(continue_as_new::with(2, vec![]).id(id)).await
}

#[workflow(name = "ParentWaits")]
async fn parent_waits(wf: &mut Wf) -> Result<String> {
    let id = child_id(wf);
    wf.execute(ChildWait::with().id(id)).await
}

#[workflow(name = "ParentSignalsChild")]
async fn parent_signals_child(wf: &mut Wf) -> Result<String> {
    let id = child_id(wf);
    let child = wf.start(ChildWait::with().id(id));
    wf.execute(child.started()).await?;
    wf.execute(child.finish("signalled by the parent")).await?;
    wf.execute(child).await
}

#[workflow(name = "ParentChildAlreadyRunning")]
async fn parent_child_already_running(wf: &mut Wf) -> Result<Vec<String>> {
    let id = child_id(wf);
    let first = wf.start(ChildWait::with().id(id));
    wf.execute(first.started()).await?;
    let second = wf.start(ChildWait::with().id(first.id()));
    let Err(error) = wf.execute(second.started()).await else {
        return Ok(vec![]);
    };
    wf.execute(first.finish("enough")).await?;
    wf.execute(first).await?;
    // the other SDK has an error of its own for this
    assert_eq!(error.kind(), ErrorKind::AlreadyStarted);
    let why = error.failure().and_then(Failure::cause);
    Ok(vec![format!(
        "WorkflowAlreadyStartedError: {}",
        why.map(Failure::message).unwrap_or_default()
    )])
}
