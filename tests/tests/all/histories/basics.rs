//! Workflows without much to them, and the activities that most of them call.

use serde_json::{Value, json};
use temporal_runtime::{RawValue, prelude::*};

// Declared, not defined: replay runs no activity, and the recorded ones were written in Python.

#[activity(start_to_close = "10s")]
pub(super) async fn greet(name: String) -> Result<String>;

#[activity(start_to_close = "10s")]
pub(super) async fn add(a: i64, b: i64) -> Result<i64>;

#[activity(start_to_close = "10s")]
pub(super) async fn square(n: i64) -> Result<i64>;

#[activity(start_to_close = "30s")]
pub(super) async fn sleep_for(seconds: f64) -> Result<String>;

#[activity(name = "no_arguments", start_to_close = "10s")]
async fn takes_nothing() -> Result<()>;

#[activity(start_to_close = "10s")]
async fn many_arguments(
    text: String,
    number: i64,
    flag: bool,
    items: Vec<i64>,
    nothing: Option<String>,
) -> Result<Value>;

#[activity(start_to_close = "10s")]
async fn echo_bytes(value: Vec<u8>) -> Result<Vec<u8>>;

#[activity(start_to_close = "10s")]
async fn echo_proto(value: Value) -> Result<Value>;

#[activity(start_to_close = "10s")]
async fn echo_raw(value: Value) -> Result<RawValue>;

#[workflow(name = "Hello")]
pub(super) async fn hello(_wf: &mut Wf, name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[workflow(name = "ScheduledRun")]
async fn scheduled_run(_wf: &mut Wf, name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[workflow(name = "NoArguments")]
async fn no_arguments(wf: &mut Wf) -> Result<()> {
    wf.execute(takes_nothing::with()).await
}

#[workflow(name = "CronTick")]
async fn cron_tick(wf: &mut Wf) -> Result<i64> {
    if let Some(last) = wf.last_completion_result::<i64>()? {
        wf.sleep(Duration::from_secs(3600)).await?;
        return Ok(last + 1);
    }
    Ok(1)
}

#[workflow(name = "SequentialActivities")]
async fn sequential_activities(wf: &mut Wf, count: i64) -> Result<i64> {
    let mut total = 0;
    for n in 0..count {
        total = wf.execute(add::with(total, n)).await?;
    }
    Ok(total)
}

#[workflow(name = "PauseTarget")]
async fn pause_target(wf: &mut Wf) -> Result<Vec<i64>> {
    let mut squares = Vec::new();
    for n in 0..3 {
        squares.push(wf.execute(square::with(n)).await?);
        wf.sleep(Duration::from_secs(1)).await?;
    }
    Ok(squares)
}

#[workflow(name = "PayloadKinds")]
async fn payload_kinds(wf: &mut Wf, data: Vec<u8>) -> Result<Value> {
    wf.execute(takes_nothing::with()).await?;
    let many = wf
        .execute(many_arguments::with("text", 7, true, vec![1, 2], None))
        .await?;
    let same = wf.execute(echo_bytes::with(data)).await?;
    let execution = json!({"workflowId": "some-id", "runId": "some-run"});
    let proto = wf.execute(echo_proto::with(execution.clone())).await?;
    let raw = wf.execute(echo_raw::with(execution)).await?;
    wf.execute(echo_raw::with(Value::Null)).await?;
    Ok(json!([
        many,
        same.len(),
        proto["workflowId"],
        raw.encoding()
    ]))
}

/// The random numbers are other ones than Python's.
#[workflow(name = "DeterministicValues")]
async fn deterministic_values(wf: &mut Wf) -> Result<Value> {
    let first = wf.now();
    let number = wf.random().range(1..=100);
    wf.sleep(Duration::from_millis(100)).await?;
    let unique = wf.uuid4();
    let passed = wf.now().duration_since(first)?;
    let echoed = wf.execute(greet::with(unique)).await?;
    Ok(json!({"number": number, "echoed": echoed, "passed": passed > Duration::ZERO}))
}
