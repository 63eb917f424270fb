//! The end of a worker: what runs may finish, within its grace, and is asked to stop after it.

use std::sync::Arc;

use temporal_runtime::{
    CancelReason, EmbeddedService, WorkerOptions, prelude::*, testing::block_on,
};
use tokio::sync::Notify;

struct Gate {
    entered: Notify,
    open: Notify,
}

#[activity(start_to_close = "1h", heartbeat = "30m", max_attempts = 1)]
async fn waits_at(gate: &Gate, ctx: &ActivityContext) -> Result<String> {
    gate.entered.notify_one();
    tokio::select! {
        () = gate.open.notified() => Ok("through".into()),
        error = ctx.cancelled() => match ctx.cancel_reason() {
            Some(CancelReason::WorkerShutdown) => Ok("sent home".into()),
            _ => Err(error),
        },
    }
}

#[workflow]
async fn goes_through(wf: &mut Wf) -> Result<String> {
    wf.execute(waits_at::with()).await
}

async fn shut_down_at_the_gate(grace: Duration, open: bool) -> Result<String> {
    let service = EmbeddedService::start().await?;
    let client = service.client();
    let gate = Arc::new(Gate {
        entered: Notify::new(),
        open: Notify::new(),
    });
    let app = || {
        let options = WorkerOptions::new().graceful_shutdown(grace);
        super::app(module_path!())
            .shared(gate.clone())
            .worker_options(options)
    };
    let workers = app().start(client)?;
    let run = client.start(goes_through::with()).await?;
    gate.entered.notified().await;
    let ended = tokio::spawn(workers.shutdown());
    if open {
        gate.open.notify_one();
    }
    ended.await.map_err(|error| error.to_string())??;
    // the activity is done; another worker finishes the workflow
    let workers = app().start(client)?;
    let result = run.result().await;
    workers.shutdown().await?;
    result
}

#[test]
fn an_activity_may_finish() -> Result<()> {
    let result = block_on(shut_down_at_the_gate(Duration::from_secs(60), true))?;
    assert_eq!(result, "through");
    Ok(())
}

#[test]
fn after_the_grace_it_is_asked_to_stop() -> Result<()> {
    let result = block_on(shut_down_at_the_gate(Duration::from_millis(20), false))?;
    assert_eq!(result, "sent home");
    Ok(())
}
