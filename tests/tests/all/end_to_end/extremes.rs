//! More than anybody should do, and what goes off at the wrong moment: each is told in words where it belongs, nothing
//! is lost, and the worker serves the next workflow.

use temporal_protos::enums::WorkflowTaskFailedCause;
use temporal_runtime::prelude::*;
use tokio::task::JoinSet;

use super::{
    end_to_end,
    raw::{Deployment, FailedTask, deployed},
    world::Cache,
};

#[activity(start_to_close = "10s")]
async fn gives_text() -> Result<String> {
    Ok("seven".to_owned())
}

/// The same activity, as somebody who is mistaken declares it.
#[activity(name = "gives_text", start_to_close = "10s")]
async fn gives_number() -> Result<u32>;

#[activity(start_to_close = "10s")]
async fn counts(number: u32) -> Result<u32> {
    Ok(number)
}

#[workflow]
async fn wants_a_number(wf: &mut Wf) -> Result<u32> {
    wf.execute(gives_number::with()).await
}

#[workflow]
async fn counts_much(wf: &mut Wf, count: u32) -> Result<u32> {
    let counted = wf.join_all((0..count).map(counts::with)).await?;
    Ok(counted.iter().sum())
}

struct GoesOff;

impl Drop for GoesOff {
    fn drop(&mut self) {
        panic!("this value goes off when it is dropped");
    }
}

#[workflow]
async fn goes_off_at_its_end(wf: &mut Wf) -> Result<()> {
    let _bomb = GoesOff;
    wf.sleep(Duration::from_millis(1)).await
}

#[workflow]
async fn goes_off_when_it_is_forgotten(wf: &mut Wf) -> Result<()> {
    let _bomb = GoesOff;
    wf.sleep(Duration::from_secs(3600)).await
}

#[workflow]
#[derive(Default)]
struct Sink {
    numbers: u32,
    done: bool,
}

#[workflow]
impl Sink {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<u32> {
        wf.shielded().wait(|sink| sink.done).await?;
        Ok(wf.numbers)
    }

    #[signal]
    fn number(&mut self) {
        self.numbers += 1;
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[update]
    fn add(&mut self, numbers: u32) -> Result<u32> {
        self.numbers += numbers;
        Ok(self.numbers)
    }

    #[query]
    fn so_far(&self) -> u32 {
        self.numbers
    }
}

/// The failure of the first task of a workflow, on a worker that must serve another one after it.
fn failed(cache: Cache, start: impl AsyncFnOnce(&Client) -> Result<String>) -> Result<FailedTask> {
    let mut failed = None;
    deployed(cache, async |deployment| {
        let id = start(deployment.client()).await?;
        failed = Some(deployment.failed_task(&id).await?);
        let handle = deployment.client().workflow_by_name(id);
        handle.terminate("the test is over").await?;
        still_serves(deployment).await
    })?;
    failed.ok_or_else(|| "no task failed".into())
}

async fn still_serves(deployment: &Deployment) -> Result<()> {
    let client = deployment.client();
    assert_eq!(client.execute(counts_much::with(3)).await?, 3);
    Ok(())
}

#[test]
fn a_result_of_another_type_fails_the_task_and_names_both() -> Result<()> {
    let start = async |client: &Client| {
        let handle = client.start(wants_a_number::with()).await?;
        Ok(handle.id().to_owned())
    };
    let failed = failed(Cache::Default, start)?;
    assert_eq!(
        failed.cause,
        WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
    );
    let text = "`\"seven\"` is not a `u32`";
    assert!(failed.message.contains(text), "{}", failed.message);
    Ok(())
}

#[test]
fn a_panic_in_a_drop_fails_the_task() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        let start = async |client: &Client| {
            let handle = client.start(goes_off_at_its_end::with()).await?;
            Ok(handle.id().to_owned())
        };
        let failed = failed(cache, start)?;
        let text = "the run function of workflow `goes_off_at_its_end` panicked: this value goes off when it is dropped";
        assert!(failed.message.contains(text), "{}", failed.message);
        assert!(
            !failed.message.contains("temporal-runtime itself"),
            "{}",
            failed.message
        );
    }
    Ok(())
}

#[test]
fn a_panic_in_a_drop_of_a_forgotten_run_stops_nobody() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        deployed(cache, async |deployment| {
            let client = deployment.client();
            let handle = client.start(goes_off_when_it_is_forgotten::with()).await?;
            deployment.timer_started(handle.id()).await?;
            handle.cancel().await?;
            still_serves(deployment).await?;
            handle.terminate("the test is over").await?;
            still_serves(deployment).await
        })?;
    }
    Ok(())
}

/// So many that the service makes tasks fail over it, and all are heard, the last one that is allowed included.
#[test]
fn ten_thousand_signals_arrive() -> Result<()> {
    const MOST: u32 = 10_000;
    deployed(Cache::Default, async |deployment| {
        let handle = deployment.client().start(Sink::with()).await?;
        let mut senders = JoinSet::new();
        for sender in 0..20_u32 {
            let client = deployment.client().clone();
            let id = handle.id().to_owned();
            senders.spawn(async move {
                let handle = client.workflow::<Sink>(id);
                for _ in (sender..MOST - 1).step_by(20) {
                    handle.number().await?;
                }
                Ok::<_, Error>(())
            });
        }
        while let Some(sent) = senders.join_next().await {
            sent.map_err(Error::msg)??;
        }
        handle.finish().await?;
        assert_eq!(handle.result().await?, MOST - 1);
        still_serves(deployment).await
    })
}

end_to_end! {
    async fn an_update_sent_twice_is_done_once(env) {
        let handle = env.client().start(Sink::with()).await?;
        assert_eq!(handle.add(5).id("once").await?, 5);
        assert_eq!(handle.add(5).id("once").await?, 5);
        assert_eq!(handle.so_far().await?, 5);
        handle.finish().await?;
        assert_eq!(handle.result().await?, 5);
    }

    async fn a_cancelled_workflow_that_never_ends_is_still_there(env) {
        let handle = env.client().start(Sink::with()).await?;
        handle.cancel().await?;
        assert_eq!(handle.add(1).await?, 1);
        assert_eq!(handle.so_far().await?, 1);
        handle.terminate("enough").await?;
        let error = handle.result().await.expect_err("it was terminated");
        assert_eq!(error.kind(), temporal_runtime::ErrorKind::Workflow, "{error:?}");
    }
}
