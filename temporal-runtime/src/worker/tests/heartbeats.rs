//! When an activity hears that it should stop: with the answer to a heartbeat that was sent, and never otherwise.

use std::time::Duration;

use temporal_protos::{
    common::ActivityType, workflowservice::PollActivityTaskQueueResponse as Task,
};
use tokio::time::Instant;

use super::{
    app,
    scripted::{Answer, Script},
};
use crate::{WorkerOptions, convert::proto_duration, prelude::*};

/// Tells after how many seconds it heard of its cancellation.
#[activity(start_to_close = "1h")]
async fn beats_each_second(ctx: &ActivityContext) -> Result<u64> {
    let began = Instant::now();
    loop {
        ctx.heartbeat("busy");
        tokio::select! {
            biased;
            _ = ctx.cancelled() => return Ok(began.elapsed().as_secs()),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// One heartbeat, at its beginning.
#[activity(start_to_close = "1h")]
async fn says_once(ctx: &ActivityContext) -> Result<bool> {
    ctx.heartbeat("begun");
    tokio::time::sleep(Duration::from_secs(600)).await;
    Ok(ctx.is_cancelled())
}

fn task(name: &str, heartbeat: Option<u64>) -> Task {
    Task {
        task_token: name.as_bytes().to_vec().into(),
        activity_type: Some(ActivityType { name: name.into() }),
        heartbeat_timeout: heartbeat.map(|seconds| proto_duration(Duration::from_secs(seconds))),
        ..Task::default()
    }
}

/// What an activity gives, of which the service asks after five seconds that it should stop.
fn asked_after_five_seconds(options: WorkerOptions, task: Task) -> Result<(Vec<u8>, usize)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let (mut script, client) = Script::new();
        let workers = app(module_path!(), options).start(&client)?;
        script.activity(task);
        let mut sent = 0;
        // its first heartbeat goes out at once
        while sent == 0 {
            sent += usize::from(matches!(script.answer().await, Answer::ActivityHeartbeat));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        script.cancel_activities();
        let result = loop {
            match script.answer().await {
                Answer::ActivityHeartbeat => sent += 1,
                Answer::Activity(completed) => break completed.result.unwrap_or_default(),
                other => panic!("{other:?}"),
            }
        };
        workers.shutdown().await?;
        Ok((result.payloads[0].data.to_vec(), sent))
    })
}

/// Every interval is the bound: asked at the fifth second, it hears of that with the heartbeat that is sent next.
#[test]
fn throttled_heartbeats_delay_a_cancellation_by_less_than_their_interval() -> Result<()> {
    let seconds = Duration::from_secs;
    let options = || WorkerOptions::new().worker_heartbeat_interval(Duration::ZERO);
    let cases = [
        // four fifths of the timeout
        (options(), Some(10), 8),
        (options(), Some(50), 40),
        // but not more than the longest interval
        (
            options().max_heartbeat_throttle_interval(seconds(20)),
            Some(100),
            20,
        ),
        (
            options().max_heartbeat_throttle_interval(seconds(3)),
            Some(100),
            6,
        ),
        // without a timeout, the default
        (
            options().default_heartbeat_throttle_interval(seconds(7)),
            None,
            7,
        ),
        (options(), None, 30),
    ];
    for (options, timeout, heard) in cases {
        let shown = format!("{timeout:?}, {:?}", options.max_heartbeat_throttle_interval);
        let (result, _) = asked_after_five_seconds(options, task("beats_each_second", timeout))?;
        assert_eq!(
            String::from_utf8_lossy(&result),
            heard.to_string(),
            "{shown}"
        );
    }
    Ok(())
}

#[test]
fn who_sends_no_heartbeat_never_hears_of_a_cancellation() -> Result<()> {
    let options = WorkerOptions::new().worker_heartbeat_interval(Duration::ZERO);
    let (result, sent) = asked_after_five_seconds(options, task("says_once", Some(10)))?;
    assert_eq!(
        (String::from_utf8_lossy(&result).as_ref(), sent),
        ("false", 1)
    );
    Ok(())
}
