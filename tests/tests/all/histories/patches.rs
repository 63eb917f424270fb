//! One change of a workflow's code, from before it to its end, and many changes in a loop.

use temporal_runtime::prelude::*;

use super::{
    basics::{add, square},
    replay::replays,
};

/// Before the change.
#[workflow(name = "PatchedGreeting, stage 1")]
async fn stage_1(wf: &mut Wf) -> Result<i64> {
    let result = wf.execute(add::with(4, 4)).await?;
    wf.sleep(Duration::from_millis(200)).await?;
    Ok(result)
}

/// New runs take the new branch, old ones the old.
#[workflow(name = "PatchedGreeting")]
async fn stage_2(wf: &mut Wf) -> Result<i64> {
    let result = if wf.patched("square-not-add") {
        wf.execute(square::with(4)).await?
    } else {
        wf.execute(add::with(4, 4)).await?
    };
    wf.sleep(Duration::from_millis(200)).await?;
    Ok(result)
}

/// No run needs the old branch any more.
#[workflow(name = "PatchedGreeting, stage 3")]
async fn stage_3(wf: &mut Wf) -> Result<i64> {
    wf.deprecate_patch("square-not-add");
    let result = wf.execute(square::with(4)).await?;
    wf.sleep(Duration::from_millis(200)).await?;
    Ok(result)
}

/// The patch is gone from the code.
#[workflow(name = "PatchedGreeting, stage 4")]
async fn stage_4(wf: &mut Wf) -> Result<i64> {
    let result = wf.execute(square::with(4)).await?;
    wf.sleep(Duration::from_millis(200)).await?;
    Ok(result)
}

#[workflow(name = "PatchesInLoop")]
async fn patches_in_loop(wf: &mut Wf) -> Result<u32> {
    let mut total = 0;
    for n in 0..10 {
        total += u32::from(wf.patched("first"));
        total += 10 * u32::from(wf.patched("second"));
        total += 100 * u32::from(wf.patched(&format!("round-{n}")));
        wf.sleep(Duration::from_millis(50)).await?;
    }
    Ok(total)
}

/// Each history replays with the code of its own stage and of those beside it; `replay.rs` has stage 2, or 4.
#[test]
fn a_history_replays_with_the_code_before_and_after_it() {
    for (history, stage) in [
        ("patch_before", 1),
        ("patch_old_run_new_worker", 1),
        ("patch_new", 3),
        ("patch_deprecated", 3),
        ("patch_deprecated", 4),
    ] {
        let workflow_type = format!("PatchedGreeting, stage {stage}");
        replays(history, Some(&workflow_type));
    }
}
