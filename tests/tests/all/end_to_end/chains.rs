//! What a chain of runs, or a child on another queue, looks like from outside.

use temporal_runtime::{EmbeddedService, client::WorkflowStatus, prelude::*, testing::block_on};

use super::{
    end_to_end,
    world::{Cache, in_time},
};

/// Goes on in a new run once its history has so many events: a year's worth of events is no test.
#[workflow]
#[derive(Default)]
struct Ledger {
    entries: u32,
}

#[workflow]
impl Ledger {
    #[run]
    async fn run(wf: &mut Wf<Self>, before: u32, max_history: Option<u64>) -> Result<u32> {
        wf.entries += before;
        let limit = max_history.unwrap_or(10_000);
        while wf.entries < 40 {
            wf.entries += 1;
            wf.sleep(Duration::from_millis(1)).await?;
            let info = wf.info();
            if info.continue_as_new_suggested || info.history_length > limit {
                let entries = wf.entries;
                return wf.continue_as_new(Self::with(entries, max_history));
            }
        }
        Ok(wf.entries)
    }
}

end_to_end! {
    /// There is no moment at which the workflow is not there: the end of one run is the start of the next.
    async fn a_chain_has_no_gap(env) {
        let ledger = env.client().start(Ledger::with(0, Some(12))).await?;
        let latest = env.client().workflow::<Ledger>(ledger.id());
        let mut result = std::pin::pin!(ledger.result());
        let entries = loop {
            tokio::select! {
                biased;
                entries = &mut result => break entries?,
                seen = latest.describe() => {
                    let seen = seen?;
                    let alive = [WorkflowStatus::Running, WorkflowStatus::Completed];
                    assert!(alive.contains(&seen.execution.status), "{:?}", seen.execution.status);
                }
            }
        };
        assert_eq!(entries, 40);
        assert_ne!(latest.describe().await?.execution.run_id, ledger.run_id().unwrap_or_default());
    }

    async fn a_small_limit_of_events_makes_a_new_run(env) {
        let short = env.client().start(Ledger::with(0, Some(12))).await?;
        assert_eq!(short.result().await?, 40);
        let first = short.run_id().unwrap_or_default();
        let last = env.client().workflow::<Ledger>(short.id()).describe().await?;
        assert_ne!(last.execution.run_id, first);
        let long = env.client().start(Ledger::with(38, None)).await?;
        assert_eq!(long.result().await?, 40);
        let only = env.client().workflow::<Ledger>(long.id()).describe().await?;
        assert_eq!(only.execution.run_id, long.run_id().unwrap_or_default());
    }
}

/// The parents' worker, and the children's.
mod parents {
    use temporal_runtime::{prelude::*, workflow_by_name};

    #[workflow]
    async fn stays_with_its_parent(wf: &mut Wf) -> Result<String> {
        Ok(wf.info().task_queue.clone())
    }

    #[workflow]
    pub(super) async fn has_children_here_and_there(wf: &mut Wf) -> Result<(String, String)> {
        let there = workflow_by_name::<String>("lives_elsewhere", ()).task_queue("children");
        wf.join((stays_with_its_parent::with(), there)).await
    }
}

mod children {
    use temporal_runtime::prelude::*;

    #[workflow]
    async fn lives_elsewhere(wf: &mut Wf) -> Result<String> {
        Ok(wf.info().task_queue.clone())
    }
}

/// The default is the parent's queue.
#[test]
fn a_child_has_its_parents_queue_or_its_own() -> Result<()> {
    for cache in [Cache::Default, Cache::Off] {
        block_on(in_time(async {
            let service = EmbeddedService::start().await?;
            let client = service.client();
            let worker = |module: &str, queue: &str| {
                let runs = if cache == Cache::Off { 0 } else { 10 };
                App::new()
                    .only_module(format!("{}::{module}", module_path!()))
                    .task_queue(queue)
                    .worker_options(
                        temporal_runtime::WorkerOptions::new().max_cached_workflows(runs),
                    )
                    .start(client)
            };
            let _parents = worker("parents", "parents")?;
            let _children = worker("children", "children")?;
            let call = client.start(parents::has_children_here_and_there::with());
            let queues = call.task_queue("parents").await?.result().await?;
            assert_eq!(queues, ("parents".to_owned(), "children".to_owned()));
            Ok(())
        }))?;
    }
    Ok(())
}
