//! Runs that go on as new ones, and what the next run knows.

use temporal_runtime::{ErrorKind, FailureKind, TimeoutType, client::WorkflowStatus, prelude::*};

use super::{end_to_end, on_a_skipping_clock};

/// What each run of a chain knows of itself: its id, the first run's, the one's before, and events so far.
type Known = (String, String, Option<String>, u64);

/// Goes on as new until it has run that often; what it knows travels in its argument.
#[workflow]
async fn runs_in_a_chain(
    wf: &mut Wf,
    times: usize,
    known: Option<Vec<Known>>,
) -> Result<Vec<Known>> {
    let mut known = known.unwrap_or_default();
    let info = wf.info();
    known.push((
        info.run_id.clone(),
        info.first_run_id.clone(),
        info.continued_run_id.clone(),
        info.history_length,
    ));
    if known.len() == times {
        return Ok(known);
    }
    wf.continue_as_new(runs_in_a_chain::with(times, Some(known)))
}

#[workflow]
async fn has_a_child_that_goes_on(wf: &mut Wf) -> Result<usize> {
    let known = wf.execute(runs_in_a_chain::with(3_usize, None)).await?;
    Ok(known.len())
}

/// A run never lasts long enough to miss what comes at its end.
#[workflow]
#[derive(Default)]
struct Collector {
    new: Vec<u32>,
}

#[workflow]
impl Collector {
    #[run]
    async fn run(wf: &mut Wf<Self>, all: usize, mut seen: Vec<u32>) -> Result<Vec<u32>> {
        wf.wait(|s| !s.new.is_empty()).await?;
        seen.append(&mut wf.new);
        if seen.len() >= all {
            seen.sort_unstable();
            return Ok(seen);
        }
        wf.continue_as_new(Self::with(all, seen))
    }

    #[signal]
    fn collect(&mut self, n: u32) {
        self.new.push(n);
    }
}

/// Each run answers one update, and goes on as new in the same task.
#[workflow]
#[derive(Default)]
struct Tally {
    total: u64,
    changed: bool,
}

#[workflow]
impl Tally {
    #[init]
    fn new(_goal: u64, total: u64) -> Self {
        Self {
            total,
            changed: false,
        }
    }

    #[run]
    async fn run(wf: &mut Wf<Self>, goal: u64, _total: u64) -> Result<u64> {
        wf.wait(|s| s.changed).await?;
        if wf.total >= goal {
            return Ok(wf.total);
        }
        wf.continue_as_new(Self::with(goal, wf.total))
    }

    #[update]
    fn add(&mut self, n: u64) -> Result<u64> {
        self.total += n;
        self.changed = true;
        Ok(self.total)
    }
}

#[workflow]
async fn never_ends(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(60)).await?;
    wf.continue_as_new(never_ends::with())
}

/// Tells how long its history was when the service asked it to go on as new.
#[workflow]
#[derive(Default)]
struct Heavy {
    parts: usize,
}

#[workflow]
impl Heavy {
    #[run]
    async fn run(wf: &mut Wf<Self>, told: Option<(usize, String)>) -> Result<(usize, String)> {
        if let Some(told) = told {
            return Ok(told);
        }
        for parts in 1.. {
            wf.wait(move |s| s.parts >= parts).await?;
            let info = wf.info();
            if info.continue_as_new_suggested {
                let reasons = format!("{:?}", info.continue_as_new_reasons);
                return wf.continue_as_new(Self::with(Some((wf.parts, reasons))));
            }
        }
        Ok((0, String::new()))
    }

    #[signal]
    fn add(&mut self, part: String) {
        self.parts += usize::from(!part.is_empty());
    }

    #[query]
    fn parts(&self) -> usize {
        self.parts
    }
}

/// How many events there were in its last task.
#[workflow]
async fn counts_its_events(wf: &mut Wf) -> Result<u64> {
    wf.sleep(Duration::from_millis(1)).await?;
    Ok(wf.info().history_length)
}

on_a_skipping_clock! {
    async fn can_15_a_chain_carries_its_state_from_run_to_run(env) {
        let client = env.client();
        let handle = client.start(runs_in_a_chain::with(5_usize, None)).await?;
        let known = handle.result().await?;
        let runs: Vec<&String> = known.iter().map(|(run, ..)| run).collect();
        assert_eq!(known.len(), 5);
        for (at, (run, first, before, events)) in known.iter().enumerate() {
            assert_eq!(first, runs[0], "one chain");
            assert_eq!(before.as_ref(), at.checked_sub(1).map(|at| runs[at]));
            assert_eq!(*events, 3, "a history of its own");
            let run = client.workflow_run::<runs_in_a_chain>(handle.id(), run.as_str());
            let status = run.describe().await?.status;
            let last = at + 1 == known.len();
            let expected = if last { WorkflowStatus::Completed } else { WorkflowStatus::ContinuedAsNew };
            assert_eq!(status, expected);
        }
        let unique: std::collections::BTreeSet<&String> = runs.into_iter().collect();
        assert_eq!(unique.len(), 5, "each run has its own id");
    }

    async fn a_child_may_go_on_as_new_and_its_parent_has_the_last_result(env) {
        assert_eq!(env.client().execute(has_a_child_that_goes_on::with()).await?, 3);
    }

    async fn no_signal_is_lost_between_two_runs(env) {
        let handle = env.client().start(Collector::with(30_usize, vec![])).await?;
        let mut sent = tokio::task::JoinSet::new();
        for n in 0..30 {
            let handle = env.client().workflow::<Collector>(handle.id());
            sent.spawn(async move { handle.collect(n).await });
        }
        let collected = handle.result().await?;
        while let Some(signal) = sent.join_next().await {
            signal.map_err(Error::msg)??;
        }
        assert_eq!(collected, (0..30).collect::<Vec<u32>>());
    }

    async fn an_update_ends_with_the_run_that_took_it(env) {
        let handle = env.client().start(Tally::with(3_u64, 0_u64)).await?;
        for total in 1..=3 {
            assert_eq!(handle.add(1_u64).await?, total);
        }
        assert_eq!(handle.result().await?, 3);
    }

    async fn can_16_the_execution_timeout_spans_the_chain(env) {
        let call = never_ends::with().execution_timeout(Duration::from_secs(150));
        let handle = env.client().start(call).await?;
        let first = handle.run_id().map(str::to_owned);
        let error = handle.result().await.expect_err("it ran out of time");
        assert_eq!(error.kind(), ErrorKind::Workflow);
        let kind = error.failure().map(Failure::kind);
        assert_eq!(kind, Some(FailureKind::Timeout(TimeoutType::StartToClose)));
        assert_ne!(error.run_id().map(str::to_owned), first, "a later run did");
    }
}

end_to_end! {
    async fn can_10_a_large_history_suggests_it(env) {
        let handle = env.client().start(Heavy::with(None)).await?;
        for parts in 1..=3 {
            handle.add("x".repeat(1_600_000)).await?;
            if parts < 3 {
                assert_eq!(handle.parts().await?, parts, "no suggestion yet");
            }
        }
        let (parts, reasons) = handle.result().await?;
        assert_eq!((parts, &*reasons), (3, "[HistorySize]"));
    }

    async fn can_12_the_history_length_is_the_number_of_events(env) {
        let handle = env.client().start(counts_its_events::with()).await?;
        let counted = handle.result().await?;
        // after the last task has started it is completed, and closes the run
        assert_eq!(counted + 2, handle.describe().await?.history_length);
    }
}
