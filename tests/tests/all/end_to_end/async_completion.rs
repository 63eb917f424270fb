//! Activities that their worker leaves open, and that a client ends.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use temporal_runtime::{
    CancelReason, CompleteAsync, ErrorKind, FailureKind, RetryState, TimeoutType, prelude::*,
};
use tokio::sync::oneshot;

use super::{end_to_end, on_a_skipping_clock};

/// Where activities hand out their task tokens, by the id of the workflow.
static TOKENS: Mutex<BTreeMap<String, oneshot::Sender<Vec<u8>>>> = Mutex::new(BTreeMap::new());

fn token_of(workflow_id: &str) -> oneshot::Receiver<Vec<u8>> {
    let (sender, receiver) = oneshot::channel();
    let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    tokens.insert(workflow_id.to_owned(), sender);
    receiver
}

/// The first attempt is left open, any other one ends by itself.
#[activity(
    start_to_close = "30s",
    initial_interval = "10ms",
    cancellation = "wait_completed"
)]
async fn is_left_open(ctx: &ActivityContext) -> Result<String> {
    let info = ctx.info();
    if info.attempt > 1 {
        let last: Option<u32> = ctx.heartbeat_details()?;
        return Ok(format!("attempt {} after {last:?}", info.attempt));
    }
    let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = tokens.remove(&info.workflow_id) {
        sender
            .send(info.task_token.clone())
            .map_err(|_| "nobody waits for the token")?;
    }
    Err(CompleteAsync.into())
}

#[workflow]
async fn relies_on_others(wf: &mut Wf) -> Result<String> {
    wf.execute(is_left_open::with().id("outside")).await
}

#[workflow]
async fn relies_on_others_for_a_second(wf: &mut Wf) -> Result<String> {
    let call = is_left_open::with()
        .start_to_close(Duration::from_secs(1))
        .max_attempts(1);
    wf.execute(call).await
}

/// Tests share the map of tokens, so their workflows need ids that no other one has.
/// Left open for as long as somebody says that it is alive.
#[activity(start_to_close = "24h", heartbeat = "10s", max_attempts = 1)]
async fn is_kept_alive(ctx: &ActivityContext) -> Result<String> {
    let mut tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = tokens.remove(&ctx.info().workflow_id) {
        sender
            .send(ctx.info().task_token.clone())
            .map_err(|_| "nobody waits for the token")?;
    }
    Err(CompleteAsync.into())
}

#[workflow]
async fn relies_on_heartbeats(wf: &mut Wf) -> Result<String> {
    wf.execute(is_kept_alive::with()).await
}

fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let id = std::process::id();
    format!("{what}-{id}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

end_to_end! {
    async fn a_client_completes_an_activity_by_its_token(env) {
        let id = unique("token");
        let token = token_of(&id);
        let workflow = env.client().start(relies_on_others::with()).id(id).await?;
        let token = token.await.map_err(Error::msg)?;
        let activity = env.client().async_activity(token);
        assert_eq!(activity.heartbeat(7).await?, None);
        activity.complete("by token".to_owned()).await?;
        assert_eq!(workflow.result().await?, "by token");
        let error = activity.complete("again".to_owned()).await.expect_err("it is over");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    async fn a_client_completes_an_activity_by_ids(env) {
        let id = unique("ids");
        let token = token_of(&id);
        let workflow = env.client().start(relies_on_others::with()).id(id.clone()).await?;
        token.await.map_err(Error::msg)?;
        let run_id = workflow.run_id().unwrap_or_default();
        let activity = env.client().async_activity_by_id(id, "outside").run_id(run_id);
        assert_eq!(activity.heartbeat(7).await?, None);
        activity.complete("by ids".to_owned()).await?;
        assert_eq!(workflow.result().await?, "by ids");
    }

    async fn a_failure_from_outside_is_retried(env) {
        let id = unique("retry");
        let token = token_of(&id);
        let workflow = env.client().start(relies_on_others::with()).id(id).await?;
        let activity = env.client().async_activity(token.await.map_err(Error::msg)?);
        activity.heartbeat(41_u32).await?;
        activity.fail("the reviewer is ill").await?;
        assert_eq!(workflow.result().await?, "attempt 2 after Some(41)");
    }

    async fn a_failure_from_outside_keeps_what_it_says(env) {
        let id = unique("fail");
        let token = token_of(&id);
        let workflow = env.client().start(relies_on_others::with()).id(id.clone()).await?;
        token.await.map_err(Error::msg)?;
        let refused = ApplicationError::new("not good enough").error_type("Refused").non_retryable();
        env.client().async_activity_by_id(id, "outside").fail(refused).await?;
        let error = workflow.result().await.expect_err("it failed");
        let failure = error.failure().expect("why");
        assert_eq!(failure.activity(), Some(("outside", "is_left_open")));
        assert_eq!(failure.retry_state(), RetryState::NonRetryableFailure);
        let refused = failure.cause().expect("what was said");
        assert_eq!((refused.message(), refused.error_type()), ("not good enough", Some("Refused")));
    }

    async fn a_client_reports_a_cancellation(env) {
        for by_token in [true, false] {
            let id = unique("cancel");
            let token = token_of(&id);
            let workflow = env.client().start(relies_on_others::with()).id(id.clone()).await?;
            let token = token.await.map_err(Error::msg)?;
            let activity = if by_token {
                env.client().async_activity(token)
            } else {
                env.client().async_activity_by_id(id, "outside")
            };
            let early = activity.report_cancellation(()).await.expect_err("nobody asked for it");
            assert_eq!(early.kind(), ErrorKind::Rpc, "{early:?}");
            workflow.cancel().await?;
            while activity.heartbeat(()).await? != Some(CancelReason::Requested) {
                tokio::task::yield_now().await;
            }
            activity.report_cancellation("stopped at page 3".to_owned()).await?;
            let error = workflow.result().await.expect_err("it was cancelled");
            assert!(error.is_cancelled(), "{error:?}");
        }
    }

    async fn nobody_completes_what_there_is_not(env) {
        let activity = env.client().async_activity_by_id("no-such-workflow", "no-such-activity");
        let error = activity.complete(1).await.expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.workflow_id(), Some("no-such-workflow"));
    }
}

on_a_skipping_clock! {
    async fn the_timeouts_of_an_open_activity_go_on(env) {
        let error = env.client().execute(relies_on_others_for_a_second::with()).await.expect_err("nobody comes");
        let timeout = error.failure().and_then(Failure::cause).expect("the timeout");
        assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::StartToClose));
    }

    async fn heartbeats_from_outside_keep_an_activity_alive(env) {
        for beats in [true, false] {
            let id = unique("alive");
            let token = token_of(&id);
            let workflow = env.client().start(relies_on_heartbeats::with()).id(id).await?;
            let activity = env.client().async_activity(token.await.map_err(Error::msg)?);
            for beat in 0..5 {
                env.sleep(Duration::from_secs(6)).await?;
                if beats {
                    activity.heartbeat(beat).await?;
                }
            }
            let completed = activity.complete("alive".to_owned()).await;
            if beats {
                completed?;
                assert_eq!(workflow.result().await?, "alive");
                continue;
            }
            assert_eq!(completed.expect_err("it timed out").kind(), ErrorKind::NotFound);
            let error = workflow.result().await.expect_err("nobody said that it is alive");
            let timeout = error.failure().and_then(Failure::cause).expect("the timeout");
            assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::Heartbeat));
        }
    }
}
