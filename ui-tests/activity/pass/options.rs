//! Every option of an activity.

use temporal_runtime::prelude::*;

#[activity(
    name = "Everything",
    task_queue = "q",
    start_to_close = "1.5s",
    schedule_to_close = "1h",
    schedule_to_start = "500ms",
    heartbeat = "1s",
    max_attempts = 7,
    initial_interval = "2s",
    backoff = 1.5,
    max_interval = "1m",
    non_retryable = ["Invalid", "Denied"],
    cancellation = "wait_completed",
)]
async fn everything() -> Result<()> {
    Ok(())
}

/// Declared here, implemented elsewhere.
#[activity(
    name = "Elsewhere",
    task_queue = "far",
    schedule_to_close = "2d",
    cancellation = "abandon"
)]
async fn elsewhere(a: String, b: u8) -> Result<Vec<String>>;

#[workflow]
async fn uses_options(wf: &mut Wf) -> Result<Vec<String>> {
    wf.execute(everything::with().max_attempts(1)).await?;
    let local = elsewhere::with("a", 1)
        .local()
        .start_to_close(Duration::from_secs(1))
        .schedule_to_close(Duration::from_secs(9))
        .schedule_to_start(Duration::from_secs(2))
        .local_retry_threshold(Duration::from_secs(3))
        .retry_policy(RetryPolicy::new().maximum_attempts(3))
        .cancellation_type(CancellationType::WaitCompleted)
        .id("mine")
        .summary("here");
    wf.join((local, elsewhere::with("a", 1).local().max_attempts(2)))
        .await?;
    wf.execute(elsewhere::with("a", 1)).await
}

#[test]
fn options_are_those_of_the_attribute() {
    let defaults = crate::defaults_of::<everything>();
    assert_eq!(defaults.start_to_close, Some(Duration::from_millis(1500)));
    assert_eq!(defaults.schedule_to_close, Some(Duration::from_secs(3600)));
    assert_eq!(defaults.schedule_to_start, Some(Duration::from_millis(500)));
    assert_eq!(defaults.heartbeat, Some(Duration::from_secs(1)));
    assert_eq!(defaults.max_attempts, 7);
    assert_eq!(defaults.initial_interval, Some(Duration::from_secs(2)));
    assert_eq!(defaults.backoff, Some(1.5));
    assert_eq!(defaults.max_interval, Some(Duration::from_secs(60)));
    assert_eq!(defaults.non_retryable, ["Invalid", "Denied"]);
    assert_eq!(defaults.cancellation, CancellationType::WaitCompleted);
    assert_eq!(crate::activity("Everything").task_queue, Some("q"));
}

#[test]
fn a_declaration_is_not_registered() {
    assert!(crate::find_activity("Elsewhere").is_none());
    let defaults = crate::defaults_of::<elsewhere>();
    assert_eq!(
        defaults.schedule_to_close,
        Some(Duration::from_secs(172_800))
    );
    assert_eq!(defaults.cancellation, CancellationType::Abandon);
}
