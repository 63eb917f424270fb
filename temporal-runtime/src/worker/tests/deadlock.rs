//! Workflow code that does not give its thread back.

use std::time::Duration;

use temporal_protos::history::history_event::Attributes;

use super::{super::Detector, app, gate, start};
use crate::{
    EmbeddedService, WorkerOptions, Workers,
    client::{Client, history},
    prelude::*,
    testing::block_on,
    worker::Common,
};

const TIMEOUT: Duration = Duration::from_secs(2);

#[workflow]
async fn gets_stuck(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_millis(1)).await?;
    gate::pass(&wf.info().workflow_id);
    Ok("through".into())
}

#[workflow]
async fn goes_on(_wf: &mut Wf) -> Result<u32> {
    Ok(7)
}

#[workflow]
#[derive(Default)]
struct Asked {
    done: bool,
}

#[workflow]
impl Asked {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|s| s.done).await
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[query]
    fn answer(&self, gate: String) -> u32 {
        gate::pass(&gate);
        42
    }
}

/// A service, and a worker with one thread whose detector follows the test's clock.
struct World {
    service: EmbeddedService,
    workers: Workers,
    time: std::sync::Arc<tokio::sync::watch::Sender<Duration>>,
}

impl World {
    async fn new() -> Result<Self> {
        crate::panics::install_hook();
        let service = EmbeddedService::start().await?;
        let options = WorkerOptions::new().workflow_threads(1);
        let (detector, time) = Detector::driven(TIMEOUT);
        let app = app(module_path!(), options.clone());
        let workers = start(app, service.client(), &options, detector)?;
        Ok(Self {
            service,
            workers,
            time,
        })
    }

    const fn client(&self) -> &Client {
        self.service.client()
    }
}

/// The messages of all workflow tasks that failed, once there is one.
async fn failures(client: &Client, workflow_id: &str) -> Result<Vec<String>> {
    loop {
        let page = history::page(client, workflow_id, "", Default::default(), false)
            .await
            .map_err(|failure| failure.into_error(None))?;
        let events = page.history.unwrap_or_default().events;
        let failed: Vec<String> = events
            .into_iter()
            .filter_map(|event| match event.attributes {
                Some(Attributes::WorkflowTaskFailedEventAttributes(a)) => {
                    Some(a.failure.unwrap_or_default().message)
                }
                _ => None,
            })
            .collect();
        if !failed.is_empty() {
            return Ok(failed);
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn stuck_code_fails_its_task_and_delays_nobody() -> Result<()> {
    block_on(async {
        let world = World::new().await?;
        let client = world.client();
        let key = gate::close("stuck");
        let stuck = client.start(gets_stuck::with()).id("stuck").await?;
        key.entered.await.map_err(Error::msg)?;
        // the only thread is taken; this one waits for another
        let other = client.start(goes_on::with()).await?;
        world.time.send_replace(TIMEOUT);
        assert_eq!(other.result().await?, 7);

        let failed = failures(client, "stuck").await?;
        let text = &failed[0];
        let run_id = stuck.run_id().unwrap_or_default();
        for part in [
            "[TMPRL1101] Potential deadlock detected: the workflow `gets_stuck` (its run function is at ",
            &format!(
                "workflow id `stuck`, run id `{run_id}`, did not give its thread back within 2s; "
            ),
            "its last operation was started at temporal-runtime/src/worker/tests/deadlock.rs:",
        ] {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
        // it comes back, much too late
        drop(key.open);
        assert_eq!(stuck.result().await?, "through");
        assert_eq!(failures(client, "stuck").await?.len(), 1);
        world.workers.shutdown().await
    })
}

#[test]
fn a_stuck_query_is_told_so_and_the_next_one_is_answered() -> Result<()> {
    block_on(async {
        let world = World::new().await?;
        let client = world.client();
        let asked = client.start(Asked::with()).id("asked").await?;
        assert_eq!(asked.answer("nobody's").await?, 42);
        let key = gate::close("query");
        let (told, ()) = tokio::join!(asked.answer("query"), async {
            // fails if the query ended without having entered
            let _ = key.entered.await;
            world.time.send_replace(TIMEOUT);
        });
        let error = format!("{:?}", told.unwrap_err());
        assert!(
            error.contains("[TMPRL1101]") && error.contains("`asked`"),
            "{error}"
        );
        assert_eq!(
            asked.answer("query").await?,
            42,
            "replayed on another thread"
        );
        asked.finish().await?;
        asked.result().await?;
        world.workers.shutdown().await
    })
}

#[test]
fn a_debugger_may_stop_the_code() {
    let options = WorkerOptions::new();
    if std::env::var_os("TEMPORAL_DEBUG").is_none() {
        assert_eq!(Common::new(&options).detector.timeout, Some(TIMEOUT));
    }
    assert_eq!(
        Common::new(&options.debug_mode(true)).detector.timeout,
        None
    );
}
