//! Measures this SDK, one scenario at a time, and prints one JSON line for each.
//!
//!     bench seq_latency [--n 200]
//!     bench one_activity [--n 1000] [--concurrency 50]
//!     bench local_activities [--n 10] [--concurrency 1] [--size 100]
//!     bench replay_offline [--n 50] [--size 100]     without a size: 605, 10,001 and 50,003 events
//!     bench cached_memory [--n 10000] [--concurrency 50]
//!     bench all
//!
//! The service is the embedded one, in this process; with `TEMPORAL_ADDRESS` set it is that one. `cached_memory` needs
//! one outside, because it measures this process.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use temporal_examples::bench::{
    chain, history, local_activities,
    measure::{Line, Stopwatch, rss_bytes},
    parked,
};
use temporal_runtime::{EmbeddedService, WorkerOptions, prelude::*, replay::Replayer};
use tokio::task::JoinSet;

const USAGE: &str = "usage: bench seq_latency|one_activity|local_activities|replay_offline|cached_memory|all [--n N] [--concurrency C] [--size S]";

/// Warmed up with so many workflows, as the peers are.
const WARM_UP: usize = 20;

#[derive(Debug, Clone, Copy)]
struct Options {
    n: usize,
    concurrency: usize,
    size: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((scenario, flags)) = arguments.split_first() else {
        return Err(USAGE.into());
    };
    let flag = |name: &str| -> Result<Option<usize>> {
        let at = flags.iter().position(|f| f == name);
        let value = at.and_then(|at| flags.get(at + 1));
        value
            .map(|v| {
                v.parse()
                    .map_err(|_| Error::msg(format!("`{v}` is no number; {USAGE}")))
            })
            .transpose()
    };
    let options = |n, concurrency, size| -> Result<Options> {
        Ok(Options {
            n: flag("--n")?.unwrap_or(n),
            concurrency: flag("--concurrency")?.unwrap_or(concurrency),
            size: flag("--size")?.map_or(Ok(size), u32::try_from)?,
        })
    };
    match scenario.as_str() {
        "seq_latency" => print(&workflows(scenario, options(200, 1, 1)?).await?),
        "one_activity" => print(&workflows(scenario, options(1000, 50, 1)?).await?),
        "local_activities" => print(&workflows(scenario, options(10, 1, 100)?).await?),
        "replay_offline" if flag("--size")?.is_some() => {
            print(&replay_offline(options(50, 1, 1)?)?)
        }
        "replay_offline" => replay_all_sizes(flag("--n")?),
        "cached_memory" => print(&cached_memory(options(10_000, 50, 0)?).await?),
        "all" => {
            print(&workflows("seq_latency", options(200, 1, 1)?).await?)?;
            for concurrency in [1, 10, 50] {
                print(&workflows("one_activity", options(1000, concurrency, 1)?).await?)?;
            }
            print(&workflows("local_activities", options(10, 1, 100)?).await?)?;
            replay_all_sizes(None)
        }
        other => Err(Error::msg(format!(
            "there is no scenario `{other}`; {USAGE}"
        ))),
    }
}

#[allow(clippy::print_stdout, reason = "the figures are the program's result")]
fn print(line: &Line) -> Result<()> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}

/// Workflows of `size` activities, so many at a time, from the start to the checked result.
async fn workflows(scenario: &str, options: Options) -> Result<Line> {
    let embedded = match std::env::var_os("TEMPORAL_ADDRESS") {
        Some(_) => None,
        None => Some(EmbeddedService::start().await?),
    };
    let client = match &embedded {
        Some(service) => service.client().clone(),
        None => Client::from_env().await?,
    };
    let task_queue = format!("bench-{}-{}", std::process::id(), options.concurrency);
    let workers = App::new()
        .only_module("temporal_examples::bench")
        .task_queue(task_queue.as_str())
        .start(&client)?;
    let shared = Arc::new((client, task_queue));
    drive(WARM_UP, 4, "warm-up", 1, &shared).await?;
    let watch = Stopwatch::start();
    let latencies = drive(
        options.n,
        options.concurrency,
        scenario,
        options.size,
        &shared,
    )
    .await?;
    let line = watch.stop(scenario, options.concurrency, latencies, 1);
    workers.shutdown().await?;
    Ok(line)
}

/// Workflows that rest in the cache; `bytes_per_workflow` is by how much this process grew, for each.
async fn cached_memory(options: Options) -> Result<Line> {
    if std::env::var_os("TEMPORAL_ADDRESS").is_none() {
        return Err("cached_memory measures this process, so the service must be another one: start `temporal-server start-dev` and set TEMPORAL_ADDRESS".into());
    }
    let client = Client::from_env().await?;
    let task_queue = format!("bench-{}-parked", std::process::id());
    let workers = App::new()
        .only_module("temporal_examples::bench")
        .task_queue(task_queue.as_str())
        .worker_options(WorkerOptions::new().max_cached_workflows(options.n + 1000))
        .start(&client)?;
    let warm_up = format!("{task_queue}-warm-up");
    let warm = App::new()
        .only_module("temporal_examples::bench")
        .task_queue(warm_up.as_str())
        .start(&client)?;
    parked::park(1000, options.concurrency, &client, &warm_up).await?;
    warm.shutdown().await?;
    let before = rss_bytes();
    let watch = Stopwatch::start();
    let latencies = parked::park(options.n, options.concurrency, &client, &task_queue).await?;
    let grown = (rss_bytes() - before).max(0.0);
    let cached = workers.cached_workflows();
    if cached < options.n {
        return Err(Error::msg(format!("only {cached} workflows are cached")));
    }
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let line = watch
        .stop("cached_memory", options.concurrency, latencies, 1)
        .with("rss_before_mb", before / 1e6)
        .with("bytes_per_workflow", grown / options.n as f64);
    drop(workers);
    Ok(line)
}

async fn drive(
    n: usize,
    concurrency: usize,
    prefix: &str,
    size: u32,
    shared: &Arc<(Client, String)>,
) -> Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency.min(n) {
        let (next, shared, prefix) = (next.clone(), shared.clone(), prefix.to_owned());
        tasks.spawn(async move {
            let (client, task_queue) = &*shared;
            let mut latencies = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= n {
                    return Ok::<_, Error>(latencies);
                }
                let start = Instant::now();
                let id = format!("{task_queue}-{prefix}-{i}");
                let last = if prefix == "local_activities" {
                    let call = local_activities::with(size).task_queue(task_queue.as_str());
                    client.execute(call).id(id.as_str()).await?
                } else {
                    let call = chain::with(size).task_queue(task_queue.as_str());
                    client.execute(call).id(id.as_str()).await?
                };
                if last != size.saturating_sub(1) {
                    return Err(Error::msg(format!("{id} gave {last}")));
                }
                latencies.push(start.elapsed());
            }
        });
    }
    let mut latencies = Vec::with_capacity(n);
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done.map_err(|e| Error::msg(e.to_string()))??);
    }
    Ok(latencies)
}

/// How replay grows with the history: each size so often that all take about as long, or `n` times.
fn replay_all_sizes(n: Option<usize>) -> Result<()> {
    for (size, often) in [(100, 4000), (1666, 250), (8333, 50)] {
        let options = Options {
            n: n.unwrap_or(often),
            concurrency: 1,
            size,
        };
        print(&replay_offline(options)?)?;
    }
    Ok(())
}

/// Replays of a made-up history; `per_second` counts events.
fn replay_offline(options: Options) -> Result<Line> {
    let history = history::chain(options.size)?;
    let replayer = Replayer::new()?;
    replayer.replay(&history)?;
    let watch = Stopwatch::start();
    let mut latencies = Vec::with_capacity(options.n);
    for _ in 0..options.n {
        let start = Instant::now();
        replayer.replay(&history)?;
        latencies.push(start.elapsed());
    }
    let events = u64::try_from(history.len())?;
    Ok(watch.stop("replay_offline", 1, latencies, events))
}
