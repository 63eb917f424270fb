//! What an attempt knows of itself, what its heartbeats say, and when it hears of a cancellation.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use temporal_runtime::{prelude::*, testing::block_on};
use tokio::sync::watch;

use super::{end_to_end, on_a_skipping_clock, starts};

/// What an attempt said of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Told {
    ids: Vec<String>,
    attempt: u32,
    times: Vec<SystemTime>,
    limits: Vec<Option<Duration>>,
    has_token: bool,
}

#[activity(
    name = "tells all it knows",
    start_to_close = "30s",
    schedule_to_close = "1h",
    heartbeat = "20s",
    initial_interval = "10ms"
)]
async fn tells_all(ctx: &ActivityContext) -> Result<Told> {
    let info = ctx.info();
    if info.attempt < 2 {
        return Err("the second attempt tells".into());
    }
    let ids = [
        &info.activity_id,
        &info.activity_type,
        &info.workflow_id,
        &info.run_id,
        &info.workflow_type,
        &info.namespace,
        &info.task_queue,
    ];
    let times = [
        info.scheduled_time,
        info.attempt_scheduled_time,
        info.started_time,
    ];
    Ok(Told {
        ids: ids.into_iter().cloned().collect(),
        attempt: info.attempt,
        times: times.into_iter().flatten().collect(),
        limits: vec![info.start_to_close, info.schedule_to_close, info.heartbeat],
        has_token: !info.task_token.is_empty(),
    })
}

#[workflow(name = "asks what an attempt knows")]
async fn asks_all(wf: &mut Wf) -> Result<Told> {
    wf.execute(tells_all::with().id("the-activity")).await
}

/// Switches that tests throw, by the id of a workflow.
static SWITCHES: Mutex<BTreeMap<String, watch::Sender<bool>>> = Mutex::new(BTreeMap::new());

fn switch(workflow_id: &str) -> watch::Sender<bool> {
    let mut switches = SWITCHES.lock().unwrap_or_else(PoisonError::into_inner);
    switches.entry(workflow_id.to_owned()).or_default().clone()
}

/// Waits until its switch is thrown.
async fn thrown(name: &str) -> Result<()> {
    let mut switch = switch(name).subscribe();
    let thrown = switch.wait_for(|thrown| *thrown).await;
    thrown.map(drop).map_err(Error::msg)
}

/// What only an attempt does: before it has begun, a cancellation ends the activity without one.
fn begins(ctx: &ActivityContext) {
    switch(&format!("{} begins", ctx.info().workflow_id)).send_replace(true);
}

async fn began(workflow_id: &str) -> Result<()> {
    thrown(&format!("{workflow_id} begins")).await
}

/// Says two things in one heartbeat, and ends when its switch is thrown.
#[activity(start_to_close = "1h", heartbeat = "30m")]
async fn says_where_it_is(ctx: &ActivityContext) -> Result<bool> {
    ctx.heartbeat((123, "halfway"));
    thrown(&ctx.info().workflow_id).await?;
    Ok(ctx.is_cancelled())
}

/// Says nothing, so it hears nothing.
#[activity(start_to_close = "1h", heartbeat = "30m")]
async fn says_nothing(ctx: &ActivityContext) -> Result<bool> {
    begins(ctx);
    thrown(&ctx.info().workflow_id).await?;
    Ok(ctx.is_cancelled())
}

/// Plain code asks, from time to time, whether it should stop; then it cleans up, and says why it ended.
#[activity(start_to_close = "60s", heartbeat = "1s")]
fn asks_from_time_to_time(ctx: &ActivityContext) -> Result<()> {
    begins(ctx);
    loop {
        ctx.heartbeat("busy");
        if let Err(cancelled) = ctx.check_cancelled() {
            switch(&ctx.info().workflow_id).send_replace(true);
            return Err(cancelled);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[workflow]
#[derive(Default)]
struct Chief {
    enough: bool,
    asked: bool,
}

#[workflow]
impl Chief {
    #[run]
    async fn run(wf: &mut Wf<Self>, which: String) -> Result<String> {
        let wait = CancellationType::WaitCompleted;
        let mut job = match which.as_str() {
            "says nothing" => wf.start(says_nothing::with().cancellation_type(wait)),
            _ => wf.start(says_where_it_is::with().cancellation_type(wait)),
        };
        wf.wait(|s| s.enough).await?;
        job.cancel();
        wf.asked = true;
        Ok(format!("heard: {}", wf.execute(job).await?))
    }

    #[signal]
    fn stop(&mut self) {
        self.enough = true;
    }

    #[query]
    fn asked(&self) -> bool {
        self.asked
    }
}

#[workflow]
#[derive(Default)]
struct Beating {
    enough: bool,
}

#[workflow]
impl Beating {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<String> {
        let call = asks_from_time_to_time::with();
        let mut job = wf.start(call.cancellation_type(CancellationType::WaitCompleted));
        wf.wait(|s| s.enough).await?;
        job.cancel();
        match wf.execute(job).await {
            Err(error) if error.is_cancelled() => Ok("cancelled".into()),
            Err(error) => Err(error),
            Ok(()) => Ok("it ended".into()),
        }
    }

    #[signal]
    fn stop(&mut self) {
        self.enough = true;
    }
}

/// The worker's own client is injected.
#[activity(start_to_close = "30s")]
async fn starts_another(client: &Client, ctx: &ActivityContext, name: String) -> Result<String> {
    let id = format!("{}-another", ctx.info().workflow_id);
    let call = super::basics::greets::with(name);
    client
        .execute(call)
        .id(id)
        .task_queue(&ctx.info().task_queue)
        .await
}

#[workflow]
async fn has_another_started(wf: &mut Wf, name: String) -> Result<String> {
    wf.execute(starts_another::with(name)).await
}

/// Plain activities that wait for one another are never one after the other.
#[activity(start_to_close = "30s")]
fn meets(ctx: &ActivityContext, number: u32) -> Result<u32> {
    let meeting = switch(&format!("{}-{number}", ctx.info().workflow_id));
    meeting.send_replace(true);
    let mut other = switch(&format!("{}-{}", ctx.info().workflow_id, 1 - number)).subscribe();
    let runtime = tokio::runtime::Handle::current();
    runtime
        .block_on(other.wait_for(|there| *there))
        .map(drop)
        .map_err(Error::msg)?;
    Ok(number)
}

#[activity(start_to_close = "30s")]
async fn is_not_kept_waiting() -> Result<u32> {
    Ok(2)
}

#[workflow]
async fn has_them_meet(wf: &mut Wf) -> Result<(u32, u32, u32)> {
    wf.join((meets::with(0), meets::with(1), is_not_kept_waiting::with()))
        .await
}

/// Each part does its bit in a code path of its own.
#[activity(start_to_close = "30s")]
async fn blocks_elsewhere(ctx: &ActivityContext) -> Result<u32> {
    let own = ctx.clone();
    let beat = tokio::task::spawn_blocking(move || {
        own.heartbeat(41);
        own.info().attempt
    });
    Ok(beat.await.map_err(Error::msg)? + ctx.last_heartbeat::<u32>()?.unwrap_or_default())
}

#[workflow]
async fn has_it_block(wf: &mut Wf) -> Result<u32> {
    wf.execute(blocks_elsewhere::with()).await
}

#[test]
fn an_activity_is_a_function_that_a_test_calls() -> Result<()> {
    let ctx = ActivityContext::for_test().with_info(|info| info.attempt = 2);
    let told = block_on(tells_all(&ctx))?;
    assert_eq!((told.attempt, told.has_token), (2, false));
    ctx.cancel_for_test();
    let error = asks_from_time_to_time(&ctx).expect_err("it was cancelled");
    assert!(error.is_cancelled(), "{error:?}");
    Ok(())
}

end_to_end! {
    async fn an_attempt_knows_itself(env) {
        let handle = env.client().start(asks_all::with()).await?;
        let told = handle.result().await?;
        let expected = [
            "the-activity", "tells all it knows", handle.id(), handle.run_id().unwrap_or_default(),
            "asks what an attempt knows", env.client().namespace(), env.task_queue(),
        ];
        assert_eq!(told.ids, expected);
        assert_eq!((told.attempt, told.has_token), (2, true));
        let [asked, again, taken] = told.times[..] else { panic!("{told:?}") };
        assert!(asked < again && again <= taken, "{told:?}");
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(told.limits, [seconds(30), seconds(3600), seconds(20)]);
    }

    async fn the_service_keeps_what_a_heartbeat_says(env) {
        let handle = env.client().start(Chief::with("says where it is")).await?;
        let details = loop {
            let described = handle.describe().await?;
            let pending = described.pending_activities.first();
            if let Some(details) = pending.and_then(|activity| activity.heartbeat_details.clone()) {
                break details;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(details.decode::<(u32, String)>()?, (123, "halfway".to_owned()));
        switch(handle.id()).send_replace(true);
        handle.stop().await?;
        assert_eq!(handle.result().await?, "heard: false", "it had ended before it was cancelled");
    }

    async fn without_heartbeats_a_cancellation_is_not_heard_of(env) {
        let handle = env.client().start(Chief::with("says nothing")).await?;
        began(handle.id()).await?;
        handle.stop().await?;
        // the request is there, and asking for it did not wait for the activity
        while !handle.asked().await? {}
        switch(handle.id()).send_replace(true);
        assert_eq!(handle.result().await?, "heard: false");
    }

    async fn plain_code_asks_whether_it_should_stop(env) {
        let handle = env.client().start(Beating::with()).await?;
        began(handle.id()).await?;
        handle.stop().await?;
        assert_eq!(handle.result().await?, "cancelled");
        assert!(*switch(handle.id()).borrow(), "it cleaned up");
    }

    async fn an_activity_uses_the_workers_client(env) {
        let handle = env.client().start(has_another_started::with("Ada")).await?;
        assert_eq!(handle.result().await?, "Hello, Ada!");
        let other = env.client().workflow_by_name(format!("{}-another", handle.id()));
        assert_eq!(other.result::<String>().await?, "Hello, Ada!");
    }

    async fn plain_activities_run_at_once_and_stop_nobody(env) {
        assert_eq!(env.client().execute(has_them_meet::with()).await?, (0, 1, 2));
    }

    async fn a_context_can_be_taken_to_another_thread(env) {
        assert_eq!(env.client().execute(has_it_block::with()).await?, 42);
    }
}

on_a_skipping_clock! {
    async fn time_stands_while_an_activity_runs(env) {
        let handle = env.client().start(Chief::with("says nothing")).await?;
        let sleeper = env.client().start(starts::tells_the_time::with())
            .start_delay(Duration::from_secs(7200)).await?;
        began(handle.id()).await?;
        // the attempt may take an hour: had time been skipped to the sleeper's start, it would be lost
        let waiting = tokio::spawn({
            let id = sleeper.id().to_owned();
            let client = env.client().clone();
            async move { client.workflow::<starts::tells_the_time>(id).result().await }
        });
        let before = env.now().await?;
        handle.stop().await?;
        while !handle.asked().await? {}
        let passed = env.now().await?.duration_since(before)?;
        assert!(passed < Duration::from_secs(600), "{passed:?}");
        switch(handle.id()).send_replace(true);
        assert_eq!(handle.result().await?, "heard: false");
        let began = waiting.await.map_err(Error::msg)??;
        assert!(began.duration_since(before)? >= Duration::from_secs(7000));
    }
}
