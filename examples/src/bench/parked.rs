//! Workflows that rest in a worker's cache: what one of them takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use temporal_runtime::prelude::*;
use tokio::task::JoinSet;

/// Counts signals until it is told to end; a workflow that rests in its first wait.
#[workflow(name = "Counter")]
#[derive(Default)]
pub struct Counter {
    count: u32,
    done: bool,
}

#[workflow]
impl Counter {
    /// Gives the count.
    #[run]
    pub async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.wait(|s| s.done).await?;
        Ok(wf.count)
    }

    /// One more.
    #[signal]
    pub fn increment(&mut self) {
        self.count += 1;
    }

    /// The end.
    #[signal]
    pub fn finish(&mut self) {
        self.done = true;
    }

    /// How many so far.
    #[query]
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Starts so many, so many at a time, and asks each once, so that it rests in the cache when this returns.
///
/// # Errors
/// One could not be started, or gave no answer.
pub async fn park(
    n: usize,
    concurrency: usize,
    client: &Client,
    task_queue: &str,
) -> Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency.min(n) {
        let (next, client, task_queue) = (next.clone(), client.clone(), task_queue.to_owned());
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= n {
                    return Ok::<_, Error>(latencies);
                }
                let start = Instant::now();
                let call = Counter::with().task_queue(task_queue.as_str());
                let id = format!("{task_queue}-parked-{i}");
                let parked = client.start(call).id(id).await?;
                if parked.count().await? != 0 {
                    return Err(Error::msg("a workflow that was just started has counted"));
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
