//! Messages to one workflow.

use temporal_runtime::{Client, Error, Result};

use super::{
    Bench, drive,
    measure::{Line, Stopwatch},
    options::Options,
    workflows::{Counter, CounterHandle},
};

type Handle = CounterHandle<Client>;

/// Signals, until the workflow has counted them all.
///
/// # Errors
/// One is refused, or the count is another.
pub async fn signals(options: &Options) -> Result<Line> {
    let bench = Bench::start(options, None).await?;
    bench.warm_up().await?;
    let target = u32::try_from(options.n)?;
    let counter = rest(&bench, target).await?;
    let watch = Stopwatch::start();
    let latencies = drive(options.n, options.concurrency, {
        let counter = counter.clone();
        move |_| {
            let counter = counter.clone();
            async move { counter.increment().await }
        }
    })
    .await?;
    let counted = counter.result().await?;
    let line = watch.stop(&options.scenario, options.concurrency, latencies, 1);
    bench.end().await?;
    checked(counted, target, line)
}

/// Updates of a workflow that waits for more than it will ever get.
///
/// # Errors
/// One fails, or the count is another.
pub async fn updates(options: &Options) -> Result<Line> {
    let expected = u32::try_from(options.n)?;
    parked(options, expected, |counter| async move {
        counter.add_and_get().await.map(drop)
    })
    .await
}

/// Queries of such a workflow.
///
/// # Errors
/// One fails, or the count is another.
pub async fn queries(options: &Options) -> Result<Line> {
    parked(options, 0, |counter| async move {
        counter.count().await.map(drop)
    })
    .await
}

async fn parked<F>(
    options: &Options,
    expected: u32,
    message: impl Fn(Handle) -> F + Send + Sync + 'static,
) -> Result<Line>
where
    F: Future<Output = Result<()>> + Send,
{
    let bench = Bench::start(options, None).await?;
    bench.warm_up().await?;
    let counter = rest(&bench, u32::MAX).await?;
    let watch = Stopwatch::start();
    let latencies = drive(options.n, options.concurrency, {
        let counter = counter.clone();
        move |_| message(counter.clone())
    })
    .await?;
    let line = watch.stop(&options.scenario, options.concurrency, latencies, 1);
    let counted = counter.count().await?;
    counter.terminate("measured").await?;
    bench.end().await?;
    checked(counted, expected, line)
}

/// A counter that rests in the worker's cache.
async fn rest(bench: &Bench, target: u32) -> Result<Handle> {
    let call = Counter::with(target).task_queue(bench.task_queue.as_str());
    let id = format!("{}-counter", bench.task_queue);
    let counter = bench.client.start(call).id(id).await?;
    counter.count().await?;
    Ok(counter)
}

fn checked(counted: u32, expected: u32, line: Line) -> Result<Line> {
    if counted == expected {
        Ok(line)
    } else {
        Err(Error::msg(format!("counted {counted}, not {expected}")))
    }
}
