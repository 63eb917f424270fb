//! Starting, stopping, and what happens to user code's values on the way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::app;
use crate::{
    App, EmbeddedService, ErrorKind, WorkerOptions, Workers, prelude::*, testing::block_on,
};

#[activity(start_to_close = "10s", max_attempts = 1)]
async fn doubles(n: u32) -> Result<u32> {
    Ok(2 * n)
}

#[workflow]
async fn calls_doubles(wf: &mut Wf, n: u32) -> Result<u32> {
    wf.execute(doubles::with(n)).await
}

fn both() -> App {
    let options = WorkerOptions::new().graceful_shutdown(Duration::ZERO);
    with(options)
}

fn with(options: WorkerOptions) -> App {
    app(module_path!(), options).state(Deaf(Notify::new()))
}

/// A worker may run anywhere: all that is awaited can move between threads.
#[test]
fn workers_can_be_spawned() -> Result<()> {
    fn sent<T: Send + 'static>(value: T) -> T {
        value
    }
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client().clone();
        let mut workers: Workers = sent(both().start(&client)?);
        let handle = sent(workers.shutdown_handle());
        let serving = tokio::spawn(async move { workers.join().await });
        assert_eq!(client.execute(calls_doubles::with(4)).await?, 8);
        handle.shutdown();
        serving.await.map_err(Error::msg)??;

        let workers = both().start(&client)?;
        let calls = client.clone();
        let scoped = async move { calls.execute(calls_doubles::with(5)).await };
        let served = tokio::spawn(sent(workers.run_until(scoped)));
        assert_eq!(served.await.map_err(Error::msg)???, 10);
        Ok(())
    })
}

#[test]
fn workers_that_stop_early_say_so() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let workers = both().start(service.client())?;
        workers.shutdown_handle().shutdown();
        let error = workers
            .run_until(std::future::pending::<()>())
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("were shut down before"),
            "{error}"
        );
        Ok(())
    })
}

#[test]
fn workflows_and_activities_may_be_served_apart() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let workflows = both().only_workflows().start(client)?;
        let pending = client.start(calls_doubles::with(3)).await?;
        let activities = both().only_activities().start(client)?;
        assert_eq!(pending.result().await?, 6);
        assert_eq!(client.execute(calls_doubles::with(7)).await?, 14);
        workflows.shutdown().await?;
        activities.shutdown().await?;
        let error = both().only_workflows().only_activities().check();
        assert!(error.is_ok(), "the last one counts");
        Ok(())
    })
}

#[test]
fn what_this_machine_cannot_tell_is_refused_at_the_start() {
    if cfg!(target_os = "linux") {
        return;
    }
    let slots = crate::SlotSupplier::ResourceBased(crate::ResourceBasedSlots::new(0.8, 0.8));
    let started = block_on(async {
        let service = EmbeddedService::start().await?;
        let options = WorkerOptions::new().activity_slots(slots);
        app(module_path!(), options).start(service.client())
    });
    assert_eq!(started.unwrap_err().kind(), ErrorKind::Config);
}

// ---- an activity that does not listen -----------------------------------------------------------------------------

struct Deaf(Notify);

#[activity(start_to_close = "1h", max_attempts = 1)]
async fn never_ends(deaf: &Deaf) -> Result<()> {
    deaf.0.notify_one();
    std::future::pending().await
}

#[workflow]
async fn calls_never_ends(wf: &mut Wf) -> Result<()> {
    wf.execute(never_ends::with()).await
}

#[test]
fn an_activity_that_does_not_listen_is_left() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let deaf = Arc::new(Deaf(Notify::new()));
        let workers = both().shared(deaf.clone()).start(client)?;
        let run = client.start(calls_never_ends::with()).await?;
        deaf.0.notified().await;
        workers.shutdown().await?;
        run.terminate("nobody will end it").await
    })
}

// ---- a workflow that does not end ----------------------------------------------------------------------------------

#[workflow]
async fn will_not_end(wf: &mut Wf) -> Result<()> {
    let mut wf = wf.shielded();
    loop {
        wf.sleep(Duration::from_secs(3600)).await?;
    }
}

#[test]
fn a_cancelled_workflow_that_does_not_end_keeps_nobody() -> Result<()> {
    block_on(async {
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let workers = both().start(client)?;
        let run = client.start(will_not_end::with()).await?;
        run.cancel().await?;
        assert_eq!(client.execute(calls_doubles::with(2)).await?, 4);
        let described = run.describe().await?;
        assert_eq!(described.status, crate::client::WorkflowStatus::Running);
        run.terminate("it will not end").await?;
        let error = run.result().await.unwrap_err();
        let kind = error.failure().map(|failure| failure.kind());
        assert_eq!(kind, Some(crate::FailureKind::Terminated));
        workers.shutdown().await
    })
}

// ---- destructors that panic ---------------------------------------------------------------------------------------

static DROPPED: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        panic!("it went off");
    }
}

#[workflow]
#[derive(Default)]
struct Keeps {
    _explosive: Explosive,
    also: Option<Explosive>,
    done: bool,
}

#[workflow]
impl Keeps {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.wait(|s| s.done).await?;
        Ok(7)
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[query]
    fn has_more(&self) -> bool {
        self.also.is_some()
    }
}

#[activity(start_to_close = "10s", max_attempts = 1)]
async fn drops_explosive() -> Result<u32> {
    let explosive = Explosive;
    tokio::task::yield_now().await;
    drop(explosive);
    Ok(1)
}

#[workflow]
async fn calls_drops_explosive(wf: &mut Wf) -> Result<u32> {
    wf.execute(drops_explosive::with()).await
}

#[workflow]
async fn drops_in_its_code(_wf: &mut Wf) -> Result<u32> {
    let _explosive = Explosive;
    Ok(1)
}

#[test]
fn a_destructor_that_panics_costs_only_what_it_must() -> Result<()> {
    block_on(async {
        crate::panics::install_hook();
        let service = EmbeddedService::start().await?;
        let client = service.client();
        let options = WorkerOptions::new().max_cached_workflows(2);
        let workers = with(options).start(client)?;
        // the state is dropped after the outcome is known, and by evictions
        let mut kept = Vec::new();
        for _ in 0..6 {
            let run = client.start(Keeps::with()).await?;
            assert!(!run.has_more().await?);
            kept.push(run);
        }
        for run in kept {
            run.finish().await?;
            assert_eq!(run.result().await?, 7);
        }
        assert!(DROPPED.load(Ordering::Relaxed) >= 6);
        // an activity's value fails its attempt
        let error = client
            .execute(calls_drops_explosive::with())
            .await
            .unwrap_err();
        let text = format!("{error:?}");
        assert!(
            text.contains("activity `drops_explosive` panicked: it went off"),
            "{text}"
        );
        // and a value of workflow code fails the workflow task
        let stuck = client.start(drops_in_its_code::with()).await?;
        assert_eq!(
            client.execute(calls_doubles::with(1)).await?,
            2,
            "the worker lives"
        );
        stuck.terminate("it cannot end").await?;
        workers.shutdown().await
    })
}
