//! Options that calls share, and errors that activities pass on.

use temporal_runtime::{ActivityOptions, FailureKind, RetryState, TimeoutType, prelude::*};

use super::end_to_end;

/// It declares no timeout.
#[activity]
async fn tells_its_options(ctx: &ActivityContext) -> Result<(u64, u64, u64)> {
    let info = ctx.info();
    let seconds = |time: Option<Duration>| time.map_or(0, |time| time.as_secs());
    Ok((
        seconds(info.start_to_close),
        seconds(info.schedule_to_close),
        seconds(info.heartbeat),
    ))
}

#[activity(start_to_close = "1m", max_attempts = 7, initial_interval = "1ms")]
async fn fails_always() -> Result<()> {
    Err("as always".into())
}

#[activity(start_to_close = "1m", max_attempts = 1)]
async fn joins_a_task_that_panics() -> Result<()> {
    let task = tokio::spawn(async { panic!("the task fell") });
    task.await?;
    Ok(())
}

#[workflow]
async fn shares_options(wf: &mut Wf) -> Result<Vec<(u64, u64, u64)>> {
    let patient = ActivityOptions::with_start_to_close(Duration::from_secs(50))
        .schedule_to_close(Duration::from_secs(500))
        .heartbeat(Duration::from_secs(5));
    let hurried = patient.clone().start_to_close(Duration::from_secs(3));
    let mut all = Vec::new();
    for options in [&patient, &hurried] {
        all.push(
            wf.execute(tells_its_options::with().options(options))
                .await?,
        );
    }
    // one call may differ, whichever comes last
    let call = tells_its_options::with()
        .options(&patient)
        .heartbeat(Duration::from_secs(7));
    all.push(wf.execute(call).await?);
    // a local one takes what it has a use for
    all.push(
        wf.execute(tells_its_options::with().options(&patient).local())
            .await?,
    );
    all.push(
        wf.execute(tells_its_options::with().local().options(&hurried))
            .await?,
    );
    Ok(all)
}

/// What options do not set is as the attribute declares it, and a call by name has them as well.
#[workflow]
async fn keeps_what_is_declared(wf: &mut Wf) -> Result<(u32, (u64, u64, u64))> {
    let options = ActivityOptions::with_start_to_close(Duration::from_secs(9));
    let failed = wf.execute(fails_always::with().options(&options)).await;
    let failed = failed.err().and_then(|error| error.failure().cloned());
    let state = failed.map_or(RetryState::Unspecified, |failure| failure.retry_state());
    let attempts = u32::from(state == RetryState::MaximumAttemptsReached);
    let by_name = temporal_runtime::activity_by_name("tells_its_options", ()).options(&options);
    Ok((attempts, wf.execute(by_name).await?))
}

/// Nobody serves the queue.
#[workflow]
async fn is_sent_away(wf: &mut Wf) -> Result<()> {
    let options = ActivityOptions::with_schedule_to_close(Duration::from_secs(3600))
        .schedule_to_start(Duration::from_millis(20))
        .task_queue("nobody-is-here");
    wf.execute(tells_its_options::with().options(&options))
        .await
        .map(drop)
}

#[workflow]
async fn calls_one_that_joins(wf: &mut Wf) -> Result<()> {
    wf.execute(joins_a_task_that_panics::with()).await
}

end_to_end! {
    async fn a_value_has_the_options_of_many_calls(env) {
        let all = env.client().execute(shares_options::with()).await?;
        assert_eq!(all, [(50, 500, 5), (3, 500, 3), (50, 500, 7), (50, 500, 0), (3, 500, 0)]);
        let kept = env.client().execute(keeps_what_is_declared::with()).await?;
        assert_eq!(kept, (1, (9, 0, 0)));
    }

    async fn shared_options_name_a_queue(env) {
        let error = env.client().execute(is_sent_away::with()).await.expect_err("nobody is there");
        let timeout = error.failure().and_then(Failure::cause).expect("the timeout");
        assert_eq!(timeout.kind(), FailureKind::Timeout(TimeoutType::ScheduleToStart));
    }

    async fn a_task_that_panics_fails_the_activity_that_joins_it(env) {
        let error = env.client().execute(calls_one_that_joins::with()).await.expect_err("the task fell");
        let failure = error.failure().and_then(Failure::application).expect("why");
        assert_eq!(failure.error_type(), Some("JoinError"), "{failure:?}");
        assert!(failure.message().contains("panicked"), "{failure:?}");
    }
}
