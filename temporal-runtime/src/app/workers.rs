//! Workers that run: joined, stopped, and several groups of them as one.

use tokio::{
    runtime::Handle,
    task::{JoinError, JoinSet},
};

use crate::{
    error::{Error, ErrorKind, Result},
    worker::{RunCache, Shutdown},
};

/// The workers of an app, one per task queue. Dropped, they stop at once; [`shutdown`](Self::shutdown) drains them.
///
/// ```no_run
/// # use temporal_runtime::prelude::*;
/// # async fn serve(client: &Client) -> Result<()> {
/// let mut workers = App::new().start(client)?;
/// let stop = workers.shutdown_handle(); // for a signal handler, say
/// # stop.shutdown();
/// workers.join().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "workers stop when this is dropped"]
pub struct Workers {
    running: JoinSet<Result<()>>,
    shutdown: Shutdown,
    caches: Vec<RunCache>,
    /// Where they run.
    runtime: Handle,
}

impl Workers {
    /// Of workers that run on the runtime of whoever calls this.
    pub(super) fn new(
        running: JoinSet<Result<()>>,
        shutdown: Shutdown,
        caches: Vec<RunCache>,
    ) -> Self {
        Self {
            running,
            shutdown,
            caches,
            runtime: Handle::current(),
        }
    }

    /// These workers and others, as one: of another app, another namespace, another service. They are shut down together
    /// and waited for together, and one that cannot go on ends all of them.
    ///
    /// ```
    /// # use temporal_runtime::{App, Client, Result, WorkerOptions};
    /// # fn app() -> App { App::new() }
    /// # async fn run(client: &Client) -> Result<()> {
    /// let office = app().only_workflows().start(client)?;
    /// let archive = app().task_queue("archive").start(&client.in_namespace("archive"))?;
    /// office.and(archive).join().await            // the first error, with the worker's queue and namespace
    /// # }
    /// ```
    pub fn and(mut self, other: Self) -> Self {
        let Self {
            running: mut others,
            shutdown,
            caches,
            ..
        } = other;
        self.caches.extend(caches);
        let ours = self.shutdown.clone();
        let following = async move {
            let mut first = Ok(());
            loop {
                tokio::select! {
                    biased;
                    () = ours.requested(), if !shutdown.is_requested() => shutdown.request(),
                    () = shutdown.requested(), if !ours.is_requested() => ours.request(),
                    next = others.join_next() => match next.map(ended) {
                        None => return first,
                        Some(Err(error)) if first.is_ok() => {
                            shutdown.request();
                            first = Err(error);
                        }
                        Some(_) => {}
                    },
                }
            }
        };
        // whoever puts groups together may be outside of the runtime
        self.running.spawn_on(following, &self.runtime);
        self
    }

    /// Waits until they end: by a shutdown, or because one cannot go on, which ends the others, too.
    ///
    /// # Errors
    /// Why one cannot go on: the namespace does not exist, or the service refuses it for good; the error names its task queue and
    /// namespace.
    pub async fn join(&mut self) -> Result<()> {
        let mut first = Ok(());
        while let Some(next) = self.running.join_next().await {
            let ended = ended(next);
            if ended.is_err() && first.is_ok() {
                self.shutdown.request();
                first = ended;
            }
        }
        first
    }

    /// How many runs the workers keep in memory now.
    #[must_use]
    pub fn cached_workflows(&self) -> usize {
        self.caches.iter().map(RunCache::len).sum()
    }

    /// Stops polling, and waits for what runs.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub async fn shutdown(mut self) -> Result<()> {
        self.shutdown.request();
        self.join().await
    }

    /// Serves until `stop` ends, and then drains; also stops when a worker cannot go on.
    ///
    /// ```standalone_crate
    /// # use temporal_runtime::{EmbeddedService, prelude::*};
    /// # #[workflow] async fn hello(wf: &mut Wf, name: String) -> Result<String> { Ok(format!("hello {name}")) }
    /// # async fn run() -> Result<()> {
    /// let service = EmbeddedService::start().await?;
    /// let client = service.client();
    /// let workers = App::new().start(client)?;
    /// // workers that live as long as a block
    /// let greeting = workers.run_until(client.execute(hello::with("World"))).await??;
    /// assert_eq!(greeting, "hello World");
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`join`](Self::join); `stop` is given up then.
    pub async fn run_until<F: IntoFuture>(mut self, stop: F) -> Result<F::Output> {
        let output = tokio::select! {
            biased;
            ended = self.join() => {
                ended?;
                return Err(Error::new(
                    ErrorKind::Other,
                    "the workers were shut down before what they were to serve had ended",
                ));
            }
            output = stop.into_future() => output,
        };
        self.shutdown().await?;
        Ok(output)
    }

    /// Shuts these workers down from elsewhere: from a signal handler, another task, another thread.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle(self.shutdown.clone())
    }
}

fn ended(joined: std::result::Result<Result<()>, JoinError>) -> Result<()> {
    joined.unwrap_or_else(|error| {
        Err(Error::new(
            ErrorKind::Other,
            format!("a worker ended unexpectedly: {error}"),
        ))
    })
}

/// Asks workers to shut down. Clones ask the same ones.
///
/// ```
/// # use temporal_runtime::{App, Client, Result};
/// # async fn run(client: &Client) -> Result<()> {
/// let mut workers = App::new().start(client)?;
/// let handle = workers.shutdown_handle();
/// tokio::spawn(async move {
///     let _ = tokio::signal::ctrl_c().await;
///     handle.shutdown();
/// });
/// workers.join().await
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ShutdownHandle(Shutdown);

impl ShutdownHandle {
    /// No more polls; what runs may finish within its grace. Does not wait for that: [`Workers::join`] does.
    pub fn shutdown(&self) {
        self.0.request();
    }
}
