//! One workflow for each way in which an activity can go.

use serde_json::{Value, json};
use temporal_runtime::{Priority, prelude::*};

use super::{
    basics::{greet, sleep_for, square},
    failures::{chain, chain_with_retry_state, outcome, timeout},
};

#[activity(start_to_close = "10s", initial_interval = "100ms", backoff = 1.0)]
pub(super) async fn fail_until_attempt(attempt: u32) -> Result<u32>;

#[activity(start_to_close = "10s")]
pub(super) async fn fail_with_chain() -> Result<()>;

#[activity(start_to_close = "10s")]
async fn fail_with_type(error_type: String) -> Result<()>;

#[activity(start_to_close = "10s", initial_interval = "60s")]
async fn fail_with_next_delay() -> Result<u32>;

#[activity(start_to_close = "10s", max_attempts = 1)]
async fn fail_benign() -> Result<()>;

#[activity(start_to_close = "10s", heartbeat = "5s", initial_interval = "100ms")]
async fn resume_from_heartbeat() -> Result<Vec<i64>>;

#[activity(start_to_close = "30s", heartbeat = "1s", max_attempts = 1)]
async fn heartbeat_then_hang() -> Result<()>;

#[activity(start_to_close = "30s", heartbeat = "5s")]
pub(super) async fn wait_for_cancel() -> Result<String>;

#[activity(start_to_close = "30s", heartbeat = "5s")]
async fn finish_on_cancel() -> Result<String>;

#[activity(start_to_close = "30s")]
async fn complete_elsewhere() -> Result<String>;

const NO_WORKER_QUEUE: &str = "hist-no-worker";

#[workflow(name = "ActivityOne")]
async fn activity_one(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(greet::with(name)).await
}

#[workflow(name = "ActivityAllOptions")]
async fn activity_all_options(wf: &mut Wf, name: String) -> Result<String> {
    let queue = wf.info().task_queue.clone();
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(2))
        .backoff_coefficient(3.0)
        .maximum_interval(Duration::from_secs(30))
        .maximum_attempts(4)
        .non_retryable("BadInput")
        .non_retryable("Forbidden");
    let priority = Priority::new()
        .key(2)
        .fairness_key("customer-7")
        .fairness_weight(1.5);
    wf.execute(
        greet::with(name)
            .id("the-greeting")
            .task_queue(queue)
            .schedule_to_close(Duration::from_secs(60))
            .schedule_to_start(Duration::from_secs(30))
            .start_to_close(Duration::from_secs(20))
            .heartbeat(Duration::from_secs(15))
            .retry_policy(retries)
            .cancellation_type(CancellationType::WaitCompleted)
            .priority(priority)
            .summary("greets the customer"),
    )
    .await
}

#[workflow(name = "ActivityRetry")]
async fn activity_retry(wf: &mut Wf) -> Result<u32> {
    wf.execute(fail_until_attempt::with(3)).await
}

#[workflow(name = "ActivityNextRetryDelay")]
async fn activity_next_retry_delay(wf: &mut Wf) -> Result<u32> {
    wf.execute(fail_with_next_delay::with()).await
}

#[workflow(name = "ActivityFailureCaught")]
async fn activity_failure_caught(wf: &mut Wf) -> Result<Vec<String>> {
    let failed = wf.execute(fail_with_chain::with()).await;
    Ok(failed.err().as_ref().map(chain).unwrap_or_default())
}

#[workflow(name = "ActivityFailureUncaught")]
async fn activity_failure_uncaught(wf: &mut Wf) -> Result<()> {
    wf.execute(fail_with_chain::with()).await
}

#[workflow(name = "ActivityFailureBenign")]
async fn activity_failure_benign(wf: &mut Wf) -> Result<()> {
    wf.execute(fail_benign::with()).await
}

#[workflow(name = "ActivityHeartbeatResume")]
async fn activity_heartbeat_resume(wf: &mut Wf) -> Result<Vec<i64>> {
    wf.execute(resume_from_heartbeat::with()).await
}

#[workflow(name = "ActivityRetriesExhausted")]
async fn activity_retries_exhausted(wf: &mut Wf) -> Result<Vec<String>> {
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_millis(100))
        .maximum_attempts(2);
    let failed = wf
        .execute(fail_with_type::with("FlakyError").retry_policy(retries))
        .await;
    Ok(failed
        .err()
        .as_ref()
        .map(chain_with_retry_state)
        .unwrap_or_default())
}

#[workflow(name = "ActivityNonRetryableType")]
async fn activity_non_retryable_type(wf: &mut Wf) -> Result<Vec<String>> {
    let retries = RetryPolicy::new().non_retryable("Forbidden");
    let failed = wf
        .execute(fail_with_type::with("Forbidden").retry_policy(retries))
        .await;
    Ok(failed
        .err()
        .as_ref()
        .map(chain_with_retry_state)
        .unwrap_or_default())
}

#[workflow(name = "ActivityTimeoutStartToClose")]
async fn activity_timeout_start_to_close(wf: &mut Wf) -> Result<Value> {
    let call = sleep_for::with(5.0)
        .start_to_close(Duration::from_secs(1))
        .max_attempts(1);
    Ok(match wf.execute(call).await {
        Err(error) => timeout(&error),
        Ok(_) => json!([]),
    })
}

#[workflow(name = "ActivityTimeoutScheduleToStart")]
async fn activity_timeout_schedule_to_start(wf: &mut Wf) -> Result<Value> {
    let call = greet::with("nobody")
        .task_queue(NO_WORKER_QUEUE)
        .schedule_to_start(Duration::from_secs(1));
    Ok(match wf.execute(call).await {
        Err(error) => timeout(&error),
        Ok(_) => json!([]),
    })
}

#[workflow(name = "ActivityTimeoutScheduleToClose")]
async fn activity_timeout_schedule_to_close(wf: &mut Wf) -> Result<Vec<String>> {
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_millis(300))
        .backoff_coefficient(1.0);
    let call = fail_with_type::with("FlakyError")
        .schedule_to_close(Duration::from_secs(1))
        .retry_policy(retries);
    let failed = wf.execute(call).await;
    Ok(failed
        .err()
        .as_ref()
        .map(chain_with_retry_state)
        .unwrap_or_default())
}

#[workflow(name = "ActivityTimeoutHeartbeat")]
async fn activity_timeout_heartbeat(wf: &mut Wf) -> Result<Value> {
    Ok(match wf.execute(heartbeat_then_hang::with()).await {
        Err(error) => timeout(&error),
        Ok(()) => json!([]),
    })
}

#[workflow(name = "ActivityCancel")]
async fn activity_cancel(wf: &mut Wf, cancellation_type: String) -> Result<String> {
    let cancellation = match cancellation_type.as_str() {
        "try_cancel" => CancellationType::TryCancel,
        "wait_completed" => CancellationType::WaitCompleted,
        _ => CancellationType::Abandon,
    };
    let mut job = wf.start(wait_for_cancel::with().cancellation_type(cancellation));
    wf.sleep(Duration::from_secs(1)).await?;
    job.cancel();
    Ok(outcome(wf.execute(job).await))
}

#[workflow(name = "ActivityCancelIgnored")]
async fn activity_cancel_ignored(wf: &mut Wf) -> Result<String> {
    let call = finish_on_cancel::with().cancellation_type(CancellationType::WaitCompleted);
    let mut job = wf.start(call);
    wf.sleep(Duration::from_secs(1)).await?;
    job.cancel();
    wf.execute(job).await
}

#[workflow(name = "ActivityCancelBeforeStart")]
async fn activity_cancel_before_start(wf: &mut Wf) -> Result<String> {
    let call = greet::with("nobody")
        .task_queue(NO_WORKER_QUEUE)
        .cancellation_type(CancellationType::WaitCompleted);
    let mut job = wf.start(call);
    wf.sleep(Duration::from_millis(500)).await?;
    job.cancel();
    Ok(outcome(wf.execute(job).await))
}

#[workflow(name = "ActivityFanOut")]
async fn activity_fan_out(wf: &mut Wf, count: i64) -> Result<i64> {
    let squares = wf.join_all((0..count).map(square::with)).await?;
    Ok(squares.iter().sum())
}

#[workflow(name = "ActivityAsyncCompletion")]
async fn activity_async_completion(wf: &mut Wf) -> Result<String> {
    wf.execute(complete_elsewhere::with().id("outside")).await
}

#[workflow(name = "ActivityOrTimer")]
async fn activity_or_timer(
    wf: &mut Wf,
    activity_seconds: f64,
    timer_seconds: f64,
) -> Result<String> {
    let job = sleep_for::with(activity_seconds);
    let limit = timer(Duration::from_secs_f64(timer_seconds));
    Ok(match wf.race((job, limit)).await? {
        First2::First(_) => "activity",
        First2::Second(()) => "timer",
    }
    .into())
}

#[workflow(name = "ActivityWorkerKilled")]
async fn activity_worker_killed(wf: &mut Wf) -> Result<String> {
    let retries = RetryPolicy::new().initial_interval(Duration::from_millis(100));
    let call = sleep_for::with(2.0)
        .start_to_close(Duration::from_secs(4))
        .retry_policy(retries);
    wf.execute(call).await
}
