//! Local activities at the end of a worker and at the end of their time, and how fast a worker begins others.

use temporal_runtime::{
    EmbeddedService, FailureKind, TimeoutType, WorkerOptions, prelude::*, testing::block_on,
};

use super::{
    local_activities::{Busy, once, tell},
    on_a_skipping_clock,
    world::{Cache, app, in_time},
};

#[activity(start_to_close = "30s")]
async fn fails_here(ctx: &ActivityContext) -> Result<()> {
    Err(format!("attempt {} failed", ctx.info().attempt).into())
}

/// Attempts an hour apart, for two and a half hours.
#[workflow]
async fn tries_for_hours(wf: &mut Wf) -> Result<(u64, String, String, String)> {
    let begun = wf.now();
    let retries = RetryPolicy::new()
        .initial_interval(Duration::from_secs(3600))
        .backoff_coefficient(1.0);
    let call = fails_here::with()
        .local()
        .retry_policy(retries)
        .schedule_to_close(Duration::from_secs(9000));
    let error = wf.execute(call).await.expect_err("it always fails");
    let failure = error.failure().cloned().ok_or("it says why")?;
    let timeout = failure.cause().ok_or("it has a cause")?;
    let last = timeout.cause().map_or("none", Failure::message).to_owned();
    let hours = wf.now().duration_since(begun)?.as_secs() / 3600;
    let kind = format!("{:?}", timeout.kind());
    let state = format!("{:?}", failure.retry_state());
    Ok((hours, kind, state, last))
}

on_a_skipping_clock! {
    async fn the_time_of_all_attempts_goes_on_over_timers(env) {
        let (hours, kind, state, last) = env.client().execute(tries_for_hours::with()).await?;
        // after none, one and two hours; a third wait would end too late
        assert_eq!(hours, 2);
        assert_eq!(kind, format!("{:?}", FailureKind::Timeout(TimeoutType::ScheduleToClose)));
        assert_eq!((&*state, &*last), ("Timeout", "attempt 3 failed"));
    }
}

/// A worker that is shut down while a local activity runs: how often it has begun in the end.
async fn shut_down(cache: Cache, grace: Duration, ends_in_time: bool) -> Result<u32> {
    let service = EmbeddedService::start().await?;
    let client = service.client();
    let runs = if cache == Cache::Off { 0 } else { 10 };
    let options = WorkerOptions::new()
        .max_cached_workflows(runs)
        .graceful_shutdown(grace);
    let start = || app(cache).worker_options(options.clone()).start(client);
    let workers = start()?;
    let call = client
        .start(Busy::with())
        .task_timeout(Duration::from_secs(2));
    let handle = call.await?;
    let id = handle.id().to_owned();
    once(&id, |told| told.begun == 1).await;
    let ended = tokio::spawn(workers.shutdown());
    if ends_in_time {
        tell(&id, |told| told.open = true);
    }
    ended.await??;
    let workers = start()?;
    if !ends_in_time {
        once(&id, |told| told.begun == 2).await;
        tell(&id, |told| told.open = true);
    }
    let begun = handle.result().await?.0;
    workers.shutdown().await?;
    Ok(begun)
}

#[test]
fn a_shutdown_waits_for_local_activities_within_its_grace() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        block_on(in_time(async {
            assert_eq!(shut_down(cache, Duration::from_secs(30), true).await?, 1);
            Ok(())
        }))?;
    }
    Ok(())
}

#[activity(start_to_close = "30s")]
async fn says_when_it_began(ctx: &ActivityContext) -> Result<u64> {
    let began = ctx.info().started_time.ok_or("it has begun")?;
    let since = began.duration_since(std::time::SystemTime::UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_millis())?)
}

#[workflow]
async fn begins_five(wf: &mut Wf) -> Result<Vec<u64>> {
    let calls = (0..5).map(|_| says_when_it_began::with());
    let mut began = wf.join_all(calls).await?;
    began.sort_unstable();
    Ok(began)
}

/// Whatever is queued, and however many slots are free.
#[test]
fn a_worker_begins_no_more_activities_than_it_may() -> Result<()> {
    block_on(in_time(async {
        let service = EmbeddedService::start().await?;
        let options = WorkerOptions::new().max_activities_per_second(10.0);
        let workers = app(Cache::Default)
            .worker_options(options)
            .start(service.client())?;
        let began = service.client().execute(begins_five::with()).await?;
        let took = began[4] - began[0];
        // four pauses of 100 ms; what is on its way to the worker may be late once
        assert!(took >= 300, "all five began within {took} ms: {began:?}");
        workers.shutdown().await
    }))
}
