//! What is tried again: how often, after what wait, and what ends it. The waits are skipped.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use temporal_runtime::{ErrorKind, RetryState, prelude::*};

use super::on_a_skipping_clock;

const HOUR: Duration = Duration::from_secs(3600);

/// How many attempts began, by the id of the workflow.
static BEGUN: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

fn begun(workflow_id: &str) -> u32 {
    let begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    begun.get(workflow_id).copied().unwrap_or_default()
}

/// Says nothing of retries, so the service's defaults hold.
#[activity(start_to_close = "30s")]
async fn fails_so_often(ctx: &ActivityContext, times: u32) -> Result<u32> {
    let info = ctx.info();
    let mut begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner);
    *begun.entry(info.workflow_id.clone()).or_default() += 1;
    if info.attempt <= times {
        return Err(format!("attempt {} failed", info.attempt).into());
    }
    Ok(info.attempt)
}

/// The first attempt neither ends nor beats.
#[activity(start_to_close = "60s", initial_interval = "1s")]
async fn hangs_at_first(ctx: &ActivityContext) -> Result<u32> {
    if ctx.info().attempt == 1 {
        return Err(ctx.cancelled().await);
    }
    Ok(ctx.info().attempt)
}

/// The attempt that succeeded, and the seconds that all took.
#[workflow]
async fn waits_as_usual(wf: &mut Wf, failures: u32) -> Result<(u32, u64)> {
    let begin = wf.now();
    let attempt = wf.execute(fails_so_often::with(failures)).await?;
    Ok((attempt, wf.now().duration_since(begin)?.as_secs()))
}

/// How the retries ended, what the last attempt said, and the seconds that all took.
#[workflow]
async fn gives_up_at_last(wf: &mut Wf, why: String) -> Result<(String, String, u64)> {
    let call = fails_so_often::with(1000);
    let call = if why == "attempts" {
        let policy = RetryPolicy::new()
            .initial_interval(Duration::from_secs(2))
            .backoff_coefficient(3.0)
            .maximum_interval(Duration::from_secs(10))
            .maximum_attempts(5);
        call.retry_policy(policy)
    } else {
        let policy = RetryPolicy::new()
            .initial_interval(Duration::from_secs(8))
            .backoff_coefficient(1.0);
        call.retry_policy(policy)
            .schedule_to_close(Duration::from_secs(20))
    };
    let begin = wf.now();
    let error = wf.execute(call).await.expect_err("it always fails");
    let took = wf.now().duration_since(begin)?.as_secs();
    let failure = error.failure().ok_or("an activity's error has a failure")?;
    let last = failure.application().ok_or("what the last attempt said")?;
    let state = format!("{:?}", failure.retry_state());
    Ok((state, last.message().to_owned(), took))
}

#[workflow]
async fn tries_a_lost_attempt_again(wf: &mut Wf, what: String) -> Result<u32> {
    let short = Duration::from_millis(150);
    let call = match what.as_str() {
        "its end" => hangs_at_first::with().start_to_close(short),
        _ => hangs_at_first::with().heartbeat(short),
    };
    wf.execute(call).await
}

/// Cancels an activity that waits for its second attempt, and waits longer than that would have taken.
#[workflow]
async fn stops_trying(wf: &mut Wf) -> Result<bool> {
    let call = fails_so_often::with(1000)
        .retry_policy(RetryPolicy::new().initial_interval(HOUR))
        .cancellation_type(CancellationType::WaitCompleted);
    let mut job = wf.start(call);
    wf.sleep(HOUR / 2).await?;
    job.cancel();
    let ended = wf.execute(job).await;
    wf.sleep(3 * HOUR).await?;
    Ok(ended.is_err_and(|error| error.is_cancelled()))
}

/// What its third attempt knows: the attempt, the first run of its chain, and how the second one ended.
#[workflow]
async fn succeeds_at_last(wf: &mut Wf, how: String) -> Result<(u32, String, String)> {
    let info = wf.info();
    if info.attempt < 3 {
        if how == "times out" {
            wf.sleep(HOUR).await?;
        }
        return Err(format!("attempt {} failed", info.attempt).into());
    }
    let last = wf
        .last_failure()
        .map(|failure| failure.message().to_owned());
    Ok((
        info.attempt,
        info.first_run_id.clone(),
        last.unwrap_or_default(),
    ))
}

on_a_skipping_clock! {
    async fn an_activity_has_a_retry_policy_if_nothing_is_said(env) {
        let (attempt, took) = env.client().execute(waits_as_usual::with(3)).await?;
        assert_eq!(attempt, 4);
        assert!((7..12).contains(&took), "1 s, 2 s and 4 s, and it took {took} s");
    }

    async fn each_wait_is_longer_up_to_the_longest(env) {
        let (state, last, took) = env.client().execute(gives_up_at_last::with("attempts")).await?;
        assert_eq!((&*state, &*last), ("MaximumAttemptsReached", "attempt 5 failed"));
        assert!((28..34).contains(&took), "2 s, 6 s, 10 s and 10 s, and it took {took} s");
    }

    async fn no_attempt_begins_after_the_time_of_all(env) {
        let (state, last, took) = env.client().execute(gives_up_at_last::with("time")).await?;
        assert_eq!((&*state, &*last), (&*format!("{:?}", RetryState::Timeout), "attempt 3 failed"));
        assert!((16..24).contains(&took), "a fourth one would begin after 24 s, and it took {took} s");
    }

    async fn an_attempt_that_is_lost_is_followed_by_another(env) {
        for what in ["its end", "its heartbeats"] {
            let attempt = env.client().execute(tries_a_lost_attempt_again::with(what)).await?;
            // on a slow machine the second one may be lost, too
            assert!(attempt >= 2, "{what}");
        }
    }

    async fn a_cancelled_activity_is_not_tried_again(env) {
        let handle = env.client().start(stops_trying::with()).await?;
        assert!(handle.result().await?);
        assert_eq!(begun(handle.id()), 1);
    }

    async fn a_workflow_is_tried_again_in_a_new_run(env) {
        let policy = || RetryPolicy::new().initial_interval(Duration::from_secs(1)).maximum_attempts(3);
        for how in ["fails", "times out"] {
            let call = succeeds_at_last::with(how).run_timeout(Duration::from_secs(60));
            let handle = env.client().start(call.retry_policy(policy())).await?;
            let (attempt, first, last) = handle.result().await?;
            assert_eq!((attempt, Some(&*first)), (3, handle.run_id()), "{how}");
            let latest = env.client().workflow::<succeeds_at_last>(handle.id()).describe().await?;
            assert_ne!(latest.run_id, first, "each attempt is a run of its own");
            assert_eq!(last, if how == "fails" { "attempt 2 failed" } else { "workflow timeout" });
        }
        let once = policy().maximum_attempts(2);
        let call = succeeds_at_last::with("fails").retry_policy(once);
        let error = env.client().execute(call).await.expect_err("a third attempt is needed");
        assert_eq!(error.kind(), ErrorKind::Workflow, "{error:?}");
        assert_eq!(error.failure().map(Failure::message), Some("attempt 2 failed"));
    }
}
