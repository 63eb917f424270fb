//! Benchmarks: scenarios that are measured one at a time, each a JSON line; `bin/bench.rs` drives them.

pub mod history;
pub mod measure;
pub mod messages;
pub mod options;
pub mod parked;
pub mod replays;
pub mod runs;
pub mod schedules;
pub mod service;
pub mod workflows;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use temporal_runtime::{App, Client, EmbeddedService, Error, Result, WorkerOptions, Workers};
use tokio::task::JoinSet;

use self::options::Options;

/// Warmed up with so many workflows, as the peers are.
const WARM_UP: usize = 20;

/// A worker and its client, beside a service of this process or outside.
#[derive(Debug)]
pub struct Bench {
    client: Client,
    task_queue: String,
    workers: Workers,
    /// Only held.
    _embedded: Option<EmbeddedService>,
}

impl Bench {
    /// Connects, and starts a worker on a task queue of its own that keeps so many runs.
    ///
    /// # Errors
    /// The service cannot be reached, or the worker does not start.
    pub async fn start(options: &Options, cached: Option<usize>) -> Result<Self> {
        let (client, embedded) = match options.address.as_deref() {
            Some(address) => (Client::connect(address).await?, None),
            None => {
                let service = EmbeddedService::start().await?;
                (service.client().clone(), Some(service))
            }
        };
        let task_queue = format!("bench-{}-{}", options.scenario, unique());
        let mut worker = WorkerOptions::new();
        if let Some(cached) = cached {
            worker = worker.max_cached_workflows(cached);
        }
        let workers = App::new()
            .only_module("temporal_examples::bench")
            .task_queue(task_queue.as_str())
            .worker_options(worker)
            .start(&client)?;
        Ok(Self {
            client,
            task_queue,
            workers,
            _embedded: embedded,
        })
    }

    /// Runs the one-activity workflow a few times.
    ///
    /// # Errors
    /// One of them fails.
    pub async fn warm_up(&self) -> Result<()> {
        let (client, task_queue) = (self.client.clone(), self.task_queue.clone());
        drive(WARM_UP, 4, move |i| {
            let call = workflows::chain::with(1).task_queue(task_queue.as_str());
            let run = client.execute(call).id(format!("{task_queue}-warm-up-{i}"));
            async move { run.await.map(drop) }
        })
        .await
        .map(drop)
    }

    /// Ends the worker.
    ///
    /// # Errors
    /// It ended by itself.
    pub async fn end(self) -> Result<()> {
        self.workers.shutdown().await
    }
}

/// Runs so many operations, so many at a time; gives how long each took.
///
/// # Errors
/// The first of an operation.
pub async fn drive<F>(
    n: usize,
    concurrency: usize,
    operation: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Result<Vec<Duration>>
where
    F: Future<Output = Result<()>> + Send,
{
    let shared = Arc::new((operation, AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency.clamp(1, n.max(1)) {
        let shared = shared.clone();
        tasks.spawn(async move {
            let (operation, next) = &*shared;
            let mut latencies = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= n {
                    return Ok::<_, Error>(latencies);
                }
                let start = Instant::now();
                operation(i).await?;
                latencies.push(start.elapsed());
            }
        });
    }
    let mut latencies = Vec::with_capacity(n);
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    Ok(latencies)
}

/// No two are the same, whatever process asks.
fn unique() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{next}", now.map_or(0, |passed| passed.as_micros()))
}
