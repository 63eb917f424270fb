//! A test that waits for what never comes is told where its workflows wait, and does not hang.

use temporal_runtime::{ErrorKind, prelude::*};

use super::on_a_skipping_clock;

/// Short, so that these tests are; a machine under load only makes them wait longer.
const PATIENCE: Duration = Duration::from_millis(200);

#[activity(start_to_close = "1m")]
async fn takes_longer_than_patience() -> Result<u32> {
    tokio::time::sleep(PATIENCE * 4).await;
    Ok(1)
}

#[workflow]
#[derive(Default)]
struct NeedsASignal {
    told: bool,
}

#[workflow]
impl NeedsASignal {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.sleep(Duration::from_secs(3600)).await?;
        wf.wait(|state| state.told).await?;
        Ok(1)
    }

    #[signal]
    fn tell(&mut self) {
        self.told = true;
    }
}

#[workflow]
async fn waits_for_its_child(wf: &mut Wf) -> Result<u32> {
    wf.execute(NeedsASignal::with()).await
}

#[workflow]
async fn works_long(wf: &mut Wf) -> Result<u32> {
    let worked = wf.execute(takes_longer_than_patience::with()).await?;
    wf.sleep(Duration::from_secs(365 * 24 * 3600)).await?;
    Ok(worked)
}

on_a_skipping_clock! {
    async fn a_signal_that_never_comes_is_told_of(env) {
        env.set_patience(PATIENCE);
        let handle = env.client().start(waits_for_its_child::with()).await?;
        let error = handle.result().await.expect_err("nobody signals");
        assert_eq!(error.kind(), ErrorKind::WorkflowTask, "{error:?}");
        let text = error.to_string();
        assert!(text.contains("nothing has happened for 200ms"), "{text}");
        assert!(text.contains("workflow `waits_for_its_child` (id "), "{text}");
        assert!(text.contains("workflow `NeedsASignal` (id "), "{text}");
    }

    async fn a_queue_that_nobody_serves_is_told_of(env) {
        env.set_patience(PATIENCE);
        let lost = env.client().start(works_long::with()).task_queue("nowhere").await?;
        let error = lost.result().await.expect_err("nobody serves it");
        let text = error.to_string();
        assert!(text.contains("waits for a worker: nobody has taken its task from the task queue `nowhere`"), "{text}");
    }

    async fn an_activity_may_take_longer(env) {
        env.set_patience(PATIENCE);
        assert_eq!(env.client().execute(works_long::with()).await?, 1);
    }
}
