//! Handlers at work: who waits for them, who is told when they are cut off, what they know, and how many may come.

use serde_json::Value;
use temporal_runtime::{ErrorKind, Queue, handlers_finished, prelude::*};
use tokio::task::JoinSet;

use super::{end_to_end, logs, on_a_skipping_clock, raw::deployed, world::Cache};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[workflow]
#[derive(Default)]
struct Bureau {
    closed: bool,
    patient: bool,
    handled: Vec<String>,
}

#[workflow]
impl Bureau {
    /// Ends when it is closed.
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<Vec<String>> {
        wf.set_current_details("open");
        wf.wait(|s| s.closed).await?;
        wf.set_current_details("closed");
        if wf.patient {
            wf.execute(handlers_finished()).await?;
        }
        Ok(wf.handled.clone())
    }

    /// Closes it.
    #[signal]
    fn close(&mut self, patient: bool) {
        (self.closed, self.patient) = (true, patient);
    }

    #[signal]
    async fn slow_signal(wf: &mut Wf<Self>) -> Result<()> {
        wf.sleep(DAY).await?;
        wf.handled.push("signal".into());
        Ok(())
    }

    #[signal(unfinished = "abandon")]
    async fn slow_signal_that_may_go(wf: &mut Wf<Self>) -> Result<()> {
        wf.sleep(DAY).await
    }

    #[update]
    async fn slow_update(wf: &mut Wf<Self>) -> Result<String> {
        wf.sleep(DAY).await?;
        let update = wf.current_update_info().cloned().ok_or("in an update")?;
        let seen = format!("{} {}", update.name, update.id);
        wf.handled.push(seen.clone());
        Ok(seen)
    }

    #[update(unfinished = "abandon")]
    async fn slow_update_that_may_go(wf: &mut Wf<Self>) -> Result<()> {
        wf.sleep(DAY).await
    }

    #[update]
    fn count(&mut self, name: String) -> Result<usize> {
        self.handled.push(name);
        Ok(self.handled.len())
    }
}

end_to_end! {
    async fn an_update_with_the_same_id_is_handled_once(env) {
        let handle = env.client().start(Bureau::with()).await?;
        assert_eq!(handle.count("a").id("1").await?, 1);
        assert_eq!(handle.count("b").id("2").await?, 2);
        assert_eq!(handle.count("again").id("1").await?, 1);
        handle.close(true).await?;
        assert_eq!(handle.result().await?, ["a", "b"]);
    }

    async fn an_update_of_a_closed_run_is_not_found(env) {
        let handle = env.client().start(Bureau::with()).await?;
        handle.close(true).await?;
        handle.result().await?;
        let error = handle.count("late").await.expect_err("it is closed");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    }

    async fn an_update_that_is_cut_off_fails_and_people_are_told(env) {
        logs::keep();
        let handle = env.client().start(Bureau::with()).await?;
        handle.slow_signal().await?;
        handle.slow_signal_that_may_go().await?;
        let update = handle.slow_update().id("u-1").start().await?;
        let abandoned = handle.slow_update_that_may_go().start().await?;
        handle.close(false).await?;
        assert_eq!(handle.result().await?, [""; 0]);
        for error in [
            update.result().await.map(drop).expect_err("it was cut off"),
            abandoned.result().await.expect_err("it was cut off"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Update, "{error:?}");
        }
        let told = logs::lines(handle.run_id().unwrap_or_default());
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].contains("these updates is told that it has ended: `slow_update` (id u-1); wait with"), "{told:#?}");
        assert!(told[1].contains("what they still had to do is lost: `slow_signal` (event "), "{told:#?}");
    }

    async fn a_stack_trace_and_metadata_are_there_for_any_run(env) {
        let client = env.client();
        let handle = client.start(Bureau::with()).await?;
        let by_name = client.workflow_by_name(handle.id());
        let trace = by_name.query::<String>("__stack_trace", ()).await?;
        assert!(trace.contains("the run function\n    waits at tests/tests/all/end_to_end/handlers.rs:"), "{trace}");
        let metadata = by_name.query::<Value>("__temporal_workflow_metadata", ()).await?;
        assert_eq!(metadata["currentDetails"], "open", "{metadata}");
        assert_eq!(metadata["definition"]["type"], "Bureau");
        assert_eq!(metadata["definition"]["signalDefinitions"][0]["description"], "Closes it.");
        handle.close(false).await?;
        handle.result().await?;
        let trace = by_name.query::<String>("__stack_trace", ()).await?;
        assert_eq!(trace, "nothing waits");
        let metadata = by_name.query::<Value>("__temporal_workflow_metadata", ()).await?;
        assert_eq!(metadata["currentDetails"], "closed", "{metadata}");
    }
}

on_a_skipping_clock! {
    async fn a_run_waits_for_its_handlers(env) {
        let handle = env.client().start(Bureau::with()).await?;
        handle.slow_signal().await?;
        let update = handle.slow_update().id("u-2").start().await?;
        handle.close(true).await?;
        assert_eq!(handle.result().await?, ["signal", "slow_update u-2"]);
        assert_eq!(update.result().await?, "slow_update u-2");
    }
}

#[workflow]
#[derive(Default)]
struct Flooded {
    numbers: Queue<u32>,
}

#[workflow]
impl Flooded {
    #[run]
    async fn run(wf: &mut Wf<Self>, count: u32) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..count {
            sum += u64::from(wf.execute(wf.numbers.receive()).await?);
        }
        Ok(sum)
    }

    #[signal]
    fn number(&mut self, number: u32) {
        self.numbers.push(number);
    }
}

/// All of them wait for a worker, which takes them in one task.
#[test]
fn a_flood_of_signals_is_taken_in() -> Result<()> {
    const COUNT: u32 = 10_000;
    deployed(Cache::Default, async |deployment| {
        deployment.kill_workers().await?;
        let handle = deployment.client().start(Flooded::with(COUNT)).await?;
        let mut senders = JoinSet::new();
        for sender in 0..8 {
            let handle = handle.clone();
            senders.spawn(async move {
                for number in (0..COUNT).skip(sender).step_by(8) {
                    handle.number(number).await?;
                }
                Ok::<_, Error>(())
            });
        }
        while let Some(sent) = senders.join_next().await {
            sent.map_err(Error::msg)??;
        }
        deployment.start_workers()?;
        assert_eq!(handle.result().await?, 49_995_000);
        Ok(())
    })
}
