//! Workflows that rest in a worker's cache: what one of them takes.

use temporal_runtime::{Error, Result};

use super::{
    Bench, drive,
    measure::{Line, Stopwatch, rss_bytes},
    options::Options,
    workflows::Counter,
};

/// So many are parked before, for what a process needs once.
const BEFORE: usize = 1000;

/// Workflows that rest in the cache; `bytes_per_workflow` is by how much this process grew, for each.
///
/// # Errors
/// The service is in this process, or not all of them are in the cache.
pub async fn measure(options: &Options) -> Result<Line> {
    if options.address.is_none() {
        return Err("cached_memory measures this process, so the service must be another one: give --service or set TEMPORAL_ADDRESS".into());
    }
    let bench = Bench::start(options, Some(options.n + 1000)).await?;
    let warm = Bench::start(options, None).await?;
    park(&warm, BEFORE, options.concurrency).await?;
    warm.end().await?;
    let before = rss_bytes();
    let watch = Stopwatch::start();
    let latencies = park(&bench, options.n, options.concurrency).await?;
    let grown = (rss_bytes() - before).max(0.0);
    let cached = bench.workers.cached_workflows();
    if cached < options.n {
        return Err(Error::msg(format!("only {cached} workflows are cached")));
    }
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let line = watch
        .stop("cached_memory", options.concurrency, latencies, 1)
        .with("rss_before_mb", before / 1e6)
        .with("bytes_per_workflow", grown / options.n as f64);
    Ok(line)
}

/// Starts so many, so many at a time, and asks each once, so that it rests in the cache when this returns.
async fn park(bench: &Bench, n: usize, concurrency: usize) -> Result<Vec<std::time::Duration>> {
    let (client, task_queue) = (bench.client.clone(), bench.task_queue.clone());
    drive(n, concurrency, move |i| {
        let call = Counter::with(u32::MAX).task_queue(task_queue.as_str());
        let start = client.start(call).id(format!("{task_queue}-parked-{i}"));
        async move {
            match start.await?.count().await? {
                0 => Ok(()),
                _ => Err("a workflow that was just started has counted".into()),
            }
        }
    })
    .await
}
