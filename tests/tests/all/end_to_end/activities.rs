//! Activities: retried, failing with everything that an error can say, taking too long, panicking.

use serde_json::{Value, json};
use temporal_runtime::{ErrorKind, FailureKind, RetryState, TimeoutType, prelude::*};

use super::end_to_end;

#[activity(start_to_close = "30s")]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

/// On the blocking pool.
#[activity(start_to_close = "30s")]
fn count_letters(text: String) -> Result<usize> {
    Ok(text.chars().count())
}

#[activity(start_to_close = "30s", initial_interval = "10ms", backoff = 1.0)]
async fn succeeds_at_attempt(ctx: &ActivityContext, attempt: u32) -> Result<u32> {
    let now = ctx.info().attempt;
    if now < attempt {
        return Err(format!("attempt {now} failed").into());
    }
    Ok(now)
}

/// The second attempt goes on where the first one stopped.
#[activity(start_to_close = "30s", heartbeat = "20s", initial_interval = "10ms")]
async fn counts_to_five(ctx: &ActivityContext) -> Result<Vec<u32>> {
    let start: u32 = ctx.heartbeat_details()?.unwrap_or_default();
    for step in start..5 {
        ctx.heartbeat(step + 1);
        if start == 0 && step == 2 {
            return Err("stopped after three steps".into());
        }
    }
    Ok(vec![start, 5])
}

#[activity(start_to_close = "30s")]
async fn refuses() -> Result<()> {
    let cause = ApplicationError::new("disk is full")
        .error_type("DiskError")
        .detail(json!({"free_bytes": 0}))?;
    Err(ApplicationError::new("cannot store the order")
        .error_type("OrderError")
        .detail(json!({"order": 7}))?
        .detail("second detail".to_owned())?
        .non_retryable()
        .cause(cause)
        .into())
}

/// An error type of one's own: its name is the failure's type.
#[derive(Debug)]
struct OutOfPaper(u32);

impl std::fmt::Display for OutOfPaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tray {} is empty", self.0)
    }
}

impl std::error::Error for OutOfPaper {}

#[activity(start_to_close = "30s", non_retryable = ["OutOfPaper"])]
async fn prints() -> Result<(), OutOfPaper> {
    Err(OutOfPaper(3))
}

#[activity(start_to_close = "30s", max_attempts = 2, initial_interval = "10ms")]
async fn panics() -> Result<()> {
    let none: Option<u32> = None;
    none.map(drop)
        .ok_or("unreachable")
        .map_err(|_| panic!("the floor is lava"))
}

#[workflow]
async fn shouts_and_counts(wf: &mut Wf, text: String) -> Result<(String, usize)> {
    wf.join((shout::with(text.clone()), count_letters::with(text)))
        .await
}

#[workflow]
async fn tries(wf: &mut Wf, attempt: u32) -> Result<u32> {
    wf.execute(succeeds_at_attempt::with(attempt)).await
}

#[workflow]
async fn tries_at_most(wf: &mut Wf, attempts: u32) -> Result<u32> {
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_millis(10))
        .maximum_attempts(attempts);
    wf.execute(succeeds_at_attempt::with(100).retry_policy(retries))
        .await
}

#[workflow]
async fn resumes(wf: &mut Wf) -> Result<Vec<u32>> {
    wf.execute(counts_to_five::with()).await
}

#[workflow]
async fn is_refused(wf: &mut Wf) -> Result<()> {
    wf.execute(refuses::with()).await
}

#[workflow]
async fn is_out_of_paper(wf: &mut Wf) -> Result<()> {
    wf.execute(prints::with()).await
}

#[workflow]
async fn has_a_panicking_activity(wf: &mut Wf) -> Result<()> {
    wf.execute(panics::with()).await
}

#[workflow]
async fn asks_on_a_queue_without_workers(wf: &mut Wf) -> Result<String> {
    let call = shout::with("is anybody there?")
        .task_queue("nobody-polls-this")
        .schedule_to_start(Duration::from_millis(100));
    wf.execute(call).await
}

#[workflow]
async fn fans_out(wf: &mut Wf, count: usize) -> Result<usize> {
    let texts = (0..count).map(|n| count_letters::with("x".repeat(n)));
    Ok(wf.join_all(texts.collect::<Vec<_>>()).await?.iter().sum())
}

end_to_end! {
    async fn activities_run_at_once(env) {
        let both = env.client().execute(shouts_and_counts::with("hällo")).await?;
        assert_eq!(both, ("HÄLLO".to_owned(), 5));
        assert_eq!(env.client().execute(fans_out::with(30)).await?, 435);
    }

    async fn an_activity_is_retried(env) {
        assert_eq!(env.client().execute(tries::with(3)).await?, 3);
    }

    async fn an_attempt_finds_the_heartbeat_of_the_one_before(env) {
        assert_eq!(env.client().execute(resumes::with()).await?, [3, 5]);
    }

    async fn attempts_run_out(env) {
        let error = env.client().execute(tries_at_most::with(2)).await.expect_err("100 are too many");
        let failure = error.failure().expect("why");
        assert_eq!(failure.kind(), FailureKind::Activity);
        assert_eq!(failure.retry_state(), RetryState::MaximumAttemptsReached);
        let application = failure.application().expect("what the activity said");
        assert_eq!(application.message(), "attempt 2 failed");
    }

    async fn a_failure_keeps_all_that_it_says(env) {
        let error = env.client().execute(is_refused::with()).await.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Workflow);
        let failure = error.failure().expect("why");
        let kinds: Vec<FailureKind> = failure.chain().map(Failure::kind).collect();
        assert_eq!(kinds, [FailureKind::Activity, FailureKind::Application, FailureKind::Application]);
        assert_eq!(failure.activity().map(|(_, name)| name), Some("refuses"));
        assert_eq!(failure.retry_state(), RetryState::NonRetryableFailure);
        let order = failure.cause().expect("the activity's error");
        assert_eq!((order.message(), order.error_type()), ("cannot store the order", Some("OrderError")));
        assert!(order.is_non_retryable());
        let details = order.details();
        assert_eq!(details[0].decode::<Value>()?, json!({"order": 7}));
        assert_eq!(details[1].decode::<String>()?, "second detail");
        let disk = order.cause().expect("its cause");
        assert_eq!((disk.message(), disk.error_type()), ("disk is full", Some("DiskError")));
        assert_eq!(disk.details()[0].decode::<Value>()?, json!({"free_bytes": 0}));
    }

    async fn an_error_type_of_ones_own_is_the_type_of_the_failure(env) {
        let error = env.client().execute(is_out_of_paper::with()).await.expect_err("no paper");
        let failure = error.failure().expect("why");
        assert_eq!(failure.retry_state(), RetryState::NonRetryableFailure, "its type is listed");
        let failure = failure.application().expect("what it said");
        assert_eq!((failure.message(), failure.error_type()), ("tray 3 is empty", Some("OutOfPaper")));
    }

    async fn a_panic_in_an_activity_is_a_failure(env) {
        let error = env.client().execute(has_a_panicking_activity::with()).await.expect_err("it panics");
        let failure = error.failure().expect("why");
        assert_eq!(failure.retry_state(), RetryState::MaximumAttemptsReached);
        let panic = failure.application().expect("what it said");
        assert_eq!(panic.error_type(), Some("Panic"));
        assert!(panic.message().starts_with("activity `panics` panicked: the floor is lava"), "{panic}");
        assert!(panic.message().contains("end_to_end/activities.rs:"), "{panic}");
    }

    async fn nobody_takes_an_activity(env) {
        let error = env.client().execute(asks_on_a_queue_without_workers::with()).await.expect_err("nobody");
        let timeout = error.failure().and_then(Failure::cause).expect("the timeout");
        assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::ScheduleToStart));
    }
}
