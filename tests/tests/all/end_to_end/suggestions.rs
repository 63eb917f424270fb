//! The limits of a service that is told others: from where it suggests to continue as new, and from where it ends a run.

use temporal_runtime::{
    App, ContinueAsNewReason, EmbeddedOptions, EmbeddedService, ErrorKind, FailureKind,
    WorkerOptions, client::WorkflowStatus, prelude::*, testing::block_on,
};

use super::world::in_time;

#[activity(start_to_close = "30s")]
async fn writes(text: String) -> Result<String> {
    Ok(text)
}

/// What a run knew when the suggestion came: the events, the bytes, and why.
type Seen = (u64, u64, Vec<String>);

/// Writes until a continue-as-new is suggested, and then goes on, `runs` times; tells what each run saw.
#[workflow]
async fn writes_on(
    wf: &mut Wf,
    bytes: usize,
    runs: usize,
    mut seen: Vec<Seen>,
) -> Result<Vec<Seen>> {
    while !wf.info().continue_as_new_suggested {
        wf.execute(writes::with("x".repeat(bytes))).await?;
    }
    let info = wf.info();
    let why = info
        .continue_as_new_reasons
        .iter()
        .map(|reason| format!("{reason:?}"));
    seen.push((info.history_length, info.history_size, why.collect()));
    if seen.len() == runs {
        return Ok(seen);
    }
    wf.continue_as_new(writes_on::with(bytes, runs, seen))
}

/// Never listens.
#[workflow]
async fn writes_for_ever(wf: &mut Wf, bytes: usize) -> Result<()> {
    loop {
        wf.execute(writes::with("x".repeat(bytes))).await?;
    }
}

/// A service with one value of its dynamic configuration, and a worker of it.
fn limited<F: Future<Output = Result<()>>>(
    key: &'static str,
    value: &'static str,
    cached: usize,
    test: impl FnOnce(Client) -> F,
) -> Result<()> {
    block_on(in_time(async move {
        let options = EmbeddedOptions::new().dynamic_config_value(key, value);
        let service = EmbeddedService::start_with(options).await?;
        let workers = App::new()
            .only_module(module_path!())
            .worker_options(WorkerOptions::new().max_cached_workflows(cached))
            .start(service.client())?;
        workers.run_until(test(service.client().clone())).await?
    }))
}

/// With a cache and without.
const CACHES: [usize; 2] = [1000, 0];

#[test]
fn can_11_a_number_of_events_suggests_it() -> Result<()> {
    for cached in CACHES {
        limited(
            "limit.historyCount.suggestContinueAsNew",
            "20",
            cached,
            async |client| {
                let seen = client
                    .execute(writes_on::with(10_usize, 3_usize, Vec::new()))
                    .await?;
                assert_eq!(seen.len(), 3);
                for (events, _, why) in seen {
                    // a task of this workflow begins every six events
                    assert!((20..26).contains(&events), "{events}");
                    assert_eq!(why, [format!("{:?}", ContinueAsNewReason::HistoryLength)]);
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}

#[test]
fn can_11_a_number_of_bytes_suggests_it() -> Result<()> {
    for cached in CACHES {
        limited(
            "limit.historySize.suggestContinueAsNew",
            "20000",
            cached,
            async |client| {
                let seen = client
                    .execute(writes_on::with(3000_usize, 2_usize, Vec::new()))
                    .await?;
                for (events, bytes, why) in seen {
                    assert!((20_000..30_000).contains(&bytes), "{bytes}");
                    assert!(events < 40, "{events}");
                    assert_eq!(why, [format!("{:?}", ContinueAsNewReason::HistorySize)]);
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// A run that does not listen is ended by the service, and who waits for it is told why.
#[test]
fn can_11_a_run_that_does_not_listen_is_terminated() -> Result<()> {
    for (key, value, why) in [
        (
            "limit.historyCount.error",
            "40",
            "Workflow history count exceeds limit.",
        ),
        (
            "limit.historySize.error",
            "30000",
            "Workflow history size exceeds limit.",
        ),
    ] {
        limited(key, value, 1000, async |client| {
            let run = client.start(writes_for_ever::with(3000_usize)).await?;
            let error = run.result().await.expect_err("it is ended");
            assert_eq!(error.kind(), ErrorKind::Workflow);
            let failure = error.failure().expect("there is a reason");
            assert_eq!(
                (failure.kind(), failure.message()),
                (FailureKind::Terminated, why)
            );
            assert_eq!(run.describe().await?.status, WorkflowStatus::Terminated);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_value_that_makes_no_sense_is_refused() -> Result<()> {
    block_on(in_time(async {
        let options =
            EmbeddedOptions::new().dynamic_config_value("limit.historyCount.error", "many");
        let error = EmbeddedService::start_with(options)
            .await
            .expect_err("it is no number");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.to_string().contains("`many` is not a whole number"),
            "{error}"
        );
        Ok(())
    }))
}
