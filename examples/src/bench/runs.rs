//! Whole workflows, from the call that starts one to its checked result.

use std::time::Instant;

use temporal_runtime::{Client, Error, Result};

use super::{
    Bench, drive,
    measure::{Line, Stopwatch},
    options::Options,
    workflows::{chain, fan_out, local_activities, parent, timers},
};

/// So many workflows, so many at a time.
///
/// # Errors
/// One of them fails, or gives another result.
pub async fn measure(options: &Options) -> Result<Line> {
    let bench = Bench::start(options, None).await?;
    bench.warm_up().await?;
    let watch = Stopwatch::start();
    let (client, task_queue) = (bench.client.clone(), bench.task_queue.clone());
    let (scenario, size) = (options.scenario.clone(), options.size);
    let latencies = drive(options.n, options.concurrency, move |i| {
        let id = format!("{task_queue}-{i}");
        one(
            client.clone(),
            scenario.clone(),
            size,
            task_queue.clone(),
            id,
        )
    })
    .await?;
    let line = watch.stop(&options.scenario, options.concurrency, latencies, 1);
    bench.end().await?;
    Ok(line)
}

/// From the start of this process to the first result.
///
/// # Errors
/// The workflow fails.
pub async fn cold_start(options: &Options, process_start: Instant) -> Result<Line> {
    let watch = Stopwatch::start();
    let bench = Bench::start(options, None).await?;
    let (client, task_queue) = (bench.client.clone(), bench.task_queue.clone());
    let id = format!("{task_queue}-first");
    one(
        client,
        options.scenario.clone(),
        options.size,
        task_queue,
        id,
    )
    .await?;
    let line = watch.stop(&options.scenario, 1, vec![process_start.elapsed()], 1);
    bench.end().await?;
    Ok(line)
}

async fn one(
    client: Client,
    scenario: String,
    size: u32,
    task_queue: String,
    id: String,
) -> Result<()> {
    let (result, expected) = match scenario.as_str() {
        "fanout100" => {
            let call = fan_out::with(size).task_queue(task_queue);
            (client.execute(call).id(id.as_str()).await?, size)
        }
        "timers" => {
            let call = timers::with(size).task_queue(task_queue);
            (client.execute(call).id(id.as_str()).await?, size)
        }
        "children" => {
            let call = parent::with(size).task_queue(task_queue);
            (client.execute(call).id(id.as_str()).await?, size)
        }
        "local_activities" => {
            let call = local_activities::with(size).task_queue(task_queue);
            let last = client.execute(call).id(id.as_str()).await?;
            (last, size.saturating_sub(1))
        }
        _ => {
            let call = chain::with(size).task_queue(task_queue);
            let last = client.execute(call).id(id.as_str()).await?;
            (last, size.saturating_sub(1))
        }
    };
    if result == expected {
        Ok(())
    } else {
        Err(Error::msg(format!("{id} gave {result}, not {expected}")))
    }
}
