//! A change of workflow code under runs, against a service.

use temporal_runtime::{prelude::*, replay::Replayer};

use super::{end_to_end, raw::deployed, world::Cache};

const CHANGE: &str = "end-to-end-change";

/// Asks for one change in two tasks, and for another in the second.
#[workflow]
async fn takes_two_changes(wf: &mut Wf) -> Result<Vec<bool>> {
    let mut taken = vec![wf.patched(CHANGE)];
    wf.sleep(Duration::from_millis(1)).await?;
    taken.push(wf.patched(CHANGE));
    taken.push(wf.patched("another"));
    wf.sleep(Duration::from_millis(1)).await?;
    taken.push(wf.patched("another"));
    Ok(taken)
}

/// The same when no run needs the branches any more.
#[workflow]
async fn needs_no_branches(wf: &mut Wf) -> Result<Vec<bool>> {
    wf.deprecate_patch(CHANGE);
    wf.sleep(Duration::from_millis(1)).await?;
    wf.deprecate_patch("another");
    wf.sleep(Duration::from_millis(1)).await?;
    Ok(vec![])
}

/// And when the changes are history.
#[workflow]
async fn was_never_changed(wf: &mut Wf) -> Result<Vec<bool>> {
    wf.sleep(Duration::from_millis(1)).await?;
    wf.sleep(Duration::from_millis(1)).await?;
    Ok(vec![])
}

end_to_end! {
    async fn a_new_run_takes_all_changes_and_lists_them(env) {
        let handle = env.client().start(takes_two_changes::with()).await?;
        assert_eq!(handle.result().await?, [true; 4]);
        for change in [CHANGE, "another"] {
            let query = format!(
                "TemporalChangeVersion = '{change}' AND WorkflowId = '{}'",
                handle.id()
            );
            assert_eq!(env.client().count(query).await?, 1, "{change}");
        }
    }
}

/// Whether the history of `wrote` replays with the code of `code`.
fn replays(wrote: &str, code: &str) -> Result<bool> {
    let mut replayed = false;
    deployed(Cache::Off, async |deployment| {
        let client = deployment.client();
        let handle = client.start_by_name(wrote, ()).await?;
        handle.result::<Vec<bool>>().await?;
        let history = deployment.history(handle.id()).await?;
        replayed = Replayer::new()?.replay_as(code, &history).is_ok();
        Ok(())
    })?;
    Ok(replayed)
}

#[test]
fn each_stage_replays_the_runs_of_the_stage_before_it() -> Result<()> {
    const PATCHED: &str = "takes_two_changes";
    const DEPRECATED: &str = "needs_no_branches";
    const GONE: &str = "was_never_changed";
    assert!(replays(PATCHED, DEPRECATED)?);
    assert!(replays(DEPRECATED, GONE)?);
    assert!(replays(GONE, PATCHED)?, "old runs in patched code");
    assert!(!replays(PATCHED, GONE)?, "removed too early");
    Ok(())
}
