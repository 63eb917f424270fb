//! What calls of activities say, and what their failures say.

use temporal_runtime::{
    FailureKind, Priority, RetryState, TimeoutType, activity_by_name, prelude::*,
};

use super::{end_to_end, on_a_skipping_clock};

#[activity(start_to_close = "30s", initial_interval = "10ms", name = "Doubles")]
async fn doubles(number: u32) -> Result<u32> {
    Ok(number * 2)
}

/// Never ends by itself, and never says that it is alive.
#[activity(start_to_close = "60s", max_attempts = 1)]
async fn hangs(ctx: &ActivityContext) -> Result<()> {
    Err(ctx.cancelled().await)
}

#[activity(start_to_close = "30s", initial_interval = "50ms", backoff = 1.0)]
async fn always_fails() -> Result<()> {
    Err(ApplicationError::new("not today")
        .error_type("NotToday")
        .into())
}

/// Each attempt asks for a longer delay before the next one than the policy would.
#[activity(start_to_close = "30s", initial_interval = "1s")]
async fn asks_for_time(ctx: &ActivityContext) -> Result<u32> {
    let attempt = ctx.info().attempt;
    if attempt < 4 {
        let delay = Duration::from_secs(3 * u64::from(attempt));
        return Err(ApplicationError::new("later")
            .next_retry_delay(delay)
            .into());
    }
    Ok(attempt)
}

/// Hears of a request with its heartbeats.
#[activity(start_to_close = "60s", heartbeat = "500ms")]
async fn waits_to_be_stopped(ctx: &ActivityContext) -> Result<String> {
    loop {
        ctx.heartbeat("waiting");
        let stop = tokio::time::timeout(Duration::from_millis(50), ctx.cancelled()).await;
        if let Ok(stop) = stop {
            return Err(stop);
        }
    }
}

#[workflow]
async fn doubles_by_name(wf: &mut Wf, number: u32) -> Result<(u32, String)> {
    let call = |number| {
        activity_by_name::<u32>("Doubles", (number,))
            .start_to_close(Duration::from_secs(30))
            .priority(Priority::new().key(1).fairness_key("tests"))
            .summary("doubles a number")
    };
    let doubled = wf.execute(call(number)).await?;
    // what it gives is a number, whatever the caller says
    let wrong = activity_by_name::<String>("Doubles", (number,));
    let wrong = wrong.schedule_to_close(Duration::from_secs(30));
    let error = wf.execute(wrong).await.expect_err("it is no text");
    Ok((doubled, format!("{:?}: {error:?}", error.kind())))
}

#[workflow]
async fn calls_what_nobody_has(wf: &mut Wf) -> Result<()> {
    let call = activity_by_name::<()>("Dubbles", (1,)).max_attempts(1);
    wf.execute(call.start_to_close(Duration::from_secs(30)))
        .await
}

/// Which limit is tried: the kinds of timeouts must be told apart.
#[workflow]
async fn runs_out_of_time(wf: &mut Wf, limit: String) -> Result<()> {
    let short = Duration::from_millis(100);
    match limit.as_str() {
        "start to close" => wf.execute(hangs::with().start_to_close(short)).await,
        "heartbeat" => wf.execute(hangs::with().heartbeat(short)).await,
        "schedule to close" => {
            // the attempt runs out of time, and there is none for another
            let call = hangs::with().max_attempts(0);
            wf.execute(call.schedule_to_close(short)).await
        }
        _ => {
            let call = hangs::with().task_queue("nobody-polls-this-either");
            wf.execute(call.schedule_to_start(short)).await
        }
    }
}

#[workflow]
async fn tells_all_of_a_failure(wf: &mut Wf) -> Result<Vec<String>> {
    let call = always_fails::with().id("failing").max_attempts(2);
    let error = wf.execute(call).await.expect_err("it always fails");
    let failure = error.failure().ok_or("an activity's error has a failure")?;
    let (id, activity_type) = failure.activity().ok_or("it is an activity's")?;
    let said = failure.application().ok_or("what the activity said")?;
    Ok(vec![
        format!("{:?} {:?}", error.kind(), failure.retry_state()),
        format!("{id} {activity_type}"),
        format!(
            "{:?} {:?}",
            failure.scheduled_event_id(),
            failure.started_event_id()
        ),
        format!("{}", failure.identity().is_some_and(|i| i.contains('@'))),
        format!("{} {:?}", said.message(), said.error_type()),
        format!("{error:?}"),
    ])
}

#[workflow]
async fn is_patient(wf: &mut Wf) -> Result<(u32, u64)> {
    let begin = wf.now();
    let attempts = wf.execute(asks_for_time::with()).await?;
    let took = wf.now().duration_since(begin).map_err(Error::msg)?;
    Ok((attempts, took.as_secs()))
}

/// Starts an activity, lets it run, cancels its handle, and tells how the wait ended.
#[workflow]
async fn stops_an_activity(wf: &mut Wf, how: String) -> Result<String> {
    let cancellation = match how.as_str() {
        "try" => CancellationType::TryCancel,
        "abandon" => CancellationType::Abandon,
        _ => CancellationType::WaitCompleted,
    };
    let mut job = wf.start(waits_to_be_stopped::with().cancellation_type(cancellation));
    // a task of its own: the activity is in history when it is cancelled
    wf.sleep(Duration::from_millis(10)).await?;
    job.cancel();
    let at_once = job.is_ready();
    let ended = wf.execute(job).await;
    let why = ended.err().ok_or("it never ends well")?;
    let failure = why.failure().ok_or("it has a failure")?;
    Ok(format!(
        "{:?} at once: {at_once}, {}",
        why.kind(),
        failure.message()
    ))
}

end_to_end! {
    async fn an_activity_is_called_by_its_name(env) {
        let (doubled, wrong) = env.client().execute(doubles_by_name::with(21)).await?;
        assert_eq!(doubled, 42);
        assert!(wrong.starts_with("Payload: ") && wrong.contains("`42` is not a `String`"), "{wrong}");
    }

    async fn an_activity_that_nobody_has_is_named(env) {
        let error = env.client().execute(calls_what_nobody_has::with()).await.expect_err("a typing mistake");
        let failure = error.failure().expect("why");
        assert_eq!(failure.activity().map(|(_, name)| name), Some("Dubbles"));
        let text = failure.application().expect("what the worker said").message();
        assert!(text.starts_with("no activity `Dubbles` is registered on the task queue"), "{text}");
        assert!(text.contains("Doubles"), "{text}");
    }

    async fn kinds_of_timeouts_are_told_apart(env) {
        for (limit, kind, state) in [
            ("start to close", TimeoutType::StartToClose, RetryState::MaximumAttemptsReached),
            ("heartbeat", TimeoutType::Heartbeat, RetryState::MaximumAttemptsReached),
            ("schedule to close", TimeoutType::ScheduleToClose, RetryState::Timeout),
            ("schedule to start", TimeoutType::ScheduleToStart, RetryState::NonRetryableFailure),
        ] {
            let error = env.client().execute(runs_out_of_time::with(limit)).await.expect_err(limit);
            let failure = error.failure().expect("why");
            assert_eq!(failure.kind(), FailureKind::Activity, "{limit}");
            let timeout = failure.cause().expect("the timeout");
            assert_eq!(timeout.kind(), FailureKind::Timeout(kind), "{limit}");
            if limit != "schedule to start" {
                assert_eq!(failure.retry_state(), state, "{limit}");
            }
        }
    }

    async fn a_failure_tells_all_of_its_activity(env) {
        let told = env.client().execute(tells_all_of_a_failure::with()).await?;
        assert_eq!(&told[..5], [
            "Activity MaximumAttemptsReached",
            "failing always_fails",
            "Some(5) Some(6)",
            "true",
            "not today Some(\"NotToday\")",
        ]);
        assert_eq!(told[5], "activity `always_fails` failed: Activity task failed: not today");
    }

    async fn a_cancelled_handle_ends_by_its_type(env) {
        let client = env.client();
        for (how, expected) in [
            ("try", "Cancelled at once: true, Activity cancelled"),
            ("wait", "Cancelled at once: false, Activity task canceled"),
            ("abandon", "Cancelled at once: true, Activity cancelled"),
        ] {
            assert_eq!(client.execute(stops_an_activity::with(how)).await?, expected, "{how}");
        }
    }
}

on_a_skipping_clock! {
    async fn an_error_chooses_the_delay_before_the_next_attempt(env) {
        let (attempts, took) = env.client().execute(is_patient::with()).await?;
        assert_eq!(attempts, 4);
        assert!((18..25).contains(&took), "3 s, 6 s and 9 s, and it took {took} s");
    }
}
