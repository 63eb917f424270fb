//! Activities: heartbeats that are not all sent, threads for plain functions, and what is asked of the service.

use std::time::Duration;

use temporal_protos::{
    common::{ActivityType, Payloads},
    taskqueue::PollerScalingDecision,
    workflowservice::PollActivityTaskQueueResponse as Task,
};

use super::{
    app, gate,
    scripted::{Answer, Script},
};
use crate::{PollerBehavior, WorkerOptions, prelude::*, testing::block_on};

#[activity(start_to_close = "10s")]
async fn beats(ctx: &ActivityContext) -> Result<()> {
    for n in 0..1000 {
        ctx.heartbeat(n);
        tokio::task::yield_now().await;
    }
    Err("enough".into())
}

#[activity(start_to_close = "10s")]
fn blocks(name: String) -> Result<String> {
    gate::pass(&name);
    Ok(name)
}

/// Async, and keeps its thread all the same.
#[activity(start_to_close = "10s")]
async fn blocks_anyway(name: String) -> Result<String> {
    gate::pass(&name);
    Ok(name)
}

#[activity(start_to_close = "10s")]
async fn runs(name: String) -> Result<String> {
    Ok(name)
}

fn task(name: &str, argument: Option<&str>) -> Task {
    Task {
        task_token: argument.unwrap_or(name).as_bytes().to_vec().into(),
        activity_type: Some(ActivityType {
            name: name.to_owned(),
        }),
        input: argument.map(|text| Payloads {
            payloads: vec![crate::Payload::encode(text.to_owned()).unwrap()],
        }),
        heartbeat_timeout: Some(crate::convert::proto_duration(Duration::from_secs(3600))),
        ..Task::default()
    }
}

async fn completed(script: &mut Script) -> String {
    let Answer::Activity(completed) = script.answer().await else {
        panic!("not completed")
    };
    String::from_utf8_lossy(&completed.task_token).into_owned()
}

#[test]
fn of_a_thousand_heartbeats_few_are_sent_and_the_last_is_kept() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = app(module_path!(), WorkerOptions::new()).start(&client)?;
        script.activity(task("beats", None));
        let mut sent = 0;
        let last = loop {
            match script.answer().await {
                Answer::ActivityHeartbeat => sent += 1,
                Answer::ActivityFailed(failed) => break failed.last_heartbeat_details,
                other => panic!("{other:?}"),
            }
        };
        assert!(
            sent <= 1,
            "the next one is due after a minute, and {sent} were sent"
        );
        let data = last.unwrap_or_default().payloads.remove(0).data;
        assert_eq!(&data[..], b"999");
        workers.shutdown().await
    })
}

#[test]
fn a_plain_function_stalls_nobody_but_those_that_wait_for_its_thread() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let options = WorkerOptions::new().activity_threads(1);
        let workers = app(module_path!(), options).start(&client)?;
        let key = gate::close("first");
        script.activity(task("blocks", Some("first")));
        key.entered.await.map_err(Error::msg)?;
        // there is one thread for plain functions
        script.activity(task("blocks", Some("second")));
        for n in 0..20 {
            script.activity(task("runs", Some(&format!("async-{n}"))));
        }
        for _ in 0..20 {
            let done = completed(&mut script).await;
            assert!(done.starts_with("async-"), "{done}");
        }
        drop(key.open);
        let mut rest = [completed(&mut script).await, completed(&mut script).await];
        rest.sort();
        assert_eq!(rest, ["first", "second"]);
        workers.shutdown().await
    })
}

#[test]
fn an_async_function_that_blocks_takes_one_thread_of_the_runtime() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = app(module_path!(), WorkerOptions::new()).start(&client)?;
        let key = gate::close("anyway");
        script.activity(task("blocks_anyway", Some("anyway")));
        key.entered.await.map_err(Error::msg)?;
        // the other thread polls, and runs what comes
        for n in 0..20 {
            script.activity(task("runs", Some(&format!("beside-{n}"))));
            assert_eq!(completed(&mut script).await, format!("beside-{n}"));
        }
        drop(key.open);
        assert_eq!(completed(&mut script).await, "anyway");
        workers.shutdown().await
    })
}

#[test]
fn plain_functions_run_side_by_side_if_nobody_limits_them() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let workers = app(module_path!(), WorkerOptions::new()).start(&client)?;
        let key = gate::close("alone");
        script.activity(task("blocks", Some("alone")));
        key.entered.await.map_err(Error::msg)?;
        script.activity(task("blocks", Some("beside")));
        assert_eq!(completed(&mut script).await, "beside");
        drop(key.open);
        assert_eq!(completed(&mut script).await, "alone");
        workers.shutdown().await
    })
}

#[test]
fn polls_say_who_asks_and_how_much_the_queue_may_give() -> Result<()> {
    block_on(async {
        let (script, client) = Script::new();
        let options = WorkerOptions::new()
            .activity_pollers(3)
            .max_task_queue_activities_per_second(2.5)
            .identity("me")
            .build_id("build-7");
        let workers = app(module_path!(), options).start(&client)?;
        let poll = script.activity_polls(3).await;
        assert_eq!(poll.identity, "me");
        let rate = poll
            .task_queue_metadata
            .and_then(|m| m.max_tasks_per_second);
        assert_eq!(rate, Some(2.5));
        let build_id = poll.worker_version_capabilities.map(|c| c.build_id);
        assert_eq!(build_id.as_deref(), Some("build-7"));
        workers.shutdown().await
    })
}

/// A worker asks again when it was answered, which without work is when the service ends its poll.
#[test]
fn a_worker_without_work_asks_seldom() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let (script, client) = Script::new();
        let options = WorkerOptions::new().activity_pollers(2);
        let workers = app(module_path!(), options).start(&client)?;
        script.activity_polls(2).await;
        // skipped: the clock of this runtime jumps when all wait for it
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(script.activity_polls_so_far(), 2);
        script.activity(Task::default());
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(script.activity_polls_so_far(), 3);
        workers.shutdown().await
    })
}

#[test]
fn the_number_of_polls_follows_what_the_service_suggests() -> Result<()> {
    block_on(async {
        let (mut script, client) = Script::new();
        let pollers = PollerBehavior::Autoscaling {
            minimum: 1,
            maximum: 8,
            initial: 2,
        };
        let options = WorkerOptions::new().activity_pollers(pollers);
        let workers = app(module_path!(), options).start(&client)?;
        script.activity_polls(2).await;
        let suggests = |delta, task: Task| Task {
            poller_scaling_decision: Some(PollerScalingDecision {
                poll_request_delta_suggestion: delta,
            }),
            ..task
        };
        script.activity(suggests(3, task("runs", Some("more"))));
        assert_eq!(completed(&mut script).await, "more");
        script.activity_polls(5).await;
        script.activity(suggests(100, Task::default()));
        script.activity_polls(8).await;
        script.activity(suggests(-100, Task::default()));
        // who ends its poll does not poll again, but for the first
        script.end_activity_polls_down_to(1).await;
        workers.shutdown().await
    })
}
