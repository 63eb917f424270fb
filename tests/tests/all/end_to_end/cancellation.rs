//! Cancellation reaches what waits, and cleanup is spared.

use temporal_runtime::{FailureKind, client::WorkflowStatus, prelude::*};

use super::end_to_end;

#[activity(start_to_close = "30s")]
async fn give_back(resource: String) -> Result<String> {
    Ok(format!("{resource} given back"))
}

/// Runs until it is asked to stop.
#[activity(start_to_close = "60s", heartbeat = "30s")]
async fn crawl(ctx: &ActivityContext) -> Result<String> {
    ctx.heartbeat("crawling");
    Err(ctx.cancelled().await)
}

#[workflow]
#[derive(Default)]
struct Lease {
    log: Vec<String>,
}

#[workflow]
impl Lease {
    #[run]
    async fn run(wf: &mut Wf<Self>, resource: String) -> Result<()> {
        wf.log.push("held".into());
        let held = wf.wait(|_| false).await;
        let mut wf = wf.shielded();
        let given_back = wf.execute(give_back::with(resource)).await?;
        wf.log.push(given_back);
        held
    }

    #[query]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}

#[workflow]
async fn stays(wf: &mut Wf) -> Result<String> {
    match wf.sleep(Duration::from_secs(3600)).await {
        Err(error) if error.is_cancelled() => Ok("stayed".into()),
        slept => slept.map(|()| "slept".into()),
    }
}

#[workflow]
#[derive(Default)]
struct Crawler {
    enough: bool,
}

#[workflow]
impl Crawler {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let call = crawl::with().cancellation_type(CancellationType::TryCancel);
        let mut job = wf.start(call);
        wf.wait(|s| s.enough).await?;
        job.cancel();
        match wf.execute(job).await {
            Err(error) if error.is_cancelled() => Ok("gave up".into()),
            crawled => crawled,
        }
    }

    #[signal]
    fn stop(&mut self) {
        self.enough = true;
    }
}

end_to_end! {
    async fn a_cancelled_workflow_cleans_up(env) {
        let handle = env.client().start(Lease::with("bed")).await?;
        assert_eq!(handle.log().await?, ["held"]);
        handle.cancel_because("checked out").await?;
        let error = handle.result().await.expect_err("it was cancelled");
        assert!(error.is_cancelled(), "{error:?}");
        assert_eq!(error.failure().map(Failure::kind), Some(FailureKind::Canceled));
        assert_eq!(handle.log().await?, ["held", "bed given back"]);
        assert_eq!(handle.describe().await?.status, WorkflowStatus::Canceled);
    }

    async fn a_cancellation_may_be_caught(env) {
        let handle = env.client().start(stays::with()).await?;
        handle.cancel().await?;
        assert_eq!(handle.result().await?, "stayed");
    }

    async fn an_activity_is_cancelled_alone(env) {
        let handle = env.client().start(Crawler::with()).await?;
        handle.stop().await?;
        assert_eq!(handle.result().await?, "gave up");
    }
}
