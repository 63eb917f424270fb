//! Histories that this version cannot replay say what is missing, whatever the code does.

use std::collections::BTreeSet;

use temporal_runtime::{
    prelude::*,
    replay::{Replayed, Replayer},
};

use super::{
    basics::sleep_for,
    recorded::{Recorded, names},
    replay::REPLAYED,
};

/// The workflows of these histories cannot be written yet, so any code will do.
#[workflow(name = "any code")]
async fn any_code(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(3600)).await
}

/// `LocalActivityCancel` up to what is missing.
#[workflow(name = "LocalActivityCancel")]
async fn local_activity_cancel(wf: &mut Wf) -> Result<String> {
    wf.sleep(Duration::from_secs(1)).await?;
    wf.execute(sleep_for::with(20.0)).await
}

const LOCAL_ACTIVITY: &str = "the marker of a local activity";
const SEARCH_ATTRIBUTES: &str = "an upsert of search attributes";
const CONTINUE_AS_NEW: &str = "a continue-as-new";
const NEXUS: &str = "a Nexus operation";

/// History, event, what it is.
const REFUSED: &[(&str, i64, &str)] = &[
    ("buffered_mixed", 16, LOCAL_ACTIVITY),
    ("continue_as_new_other_type_run1", 5, CONTINUE_AS_NEW),
    ("continue_as_new_run1", 10, CONTINUE_AS_NEW),
    ("continue_as_new_signalled_run1", 13, LOCAL_ACTIVITY),
    ("everything_at_once", 5, SEARCH_ATTRIBUTES),
    ("headers", 5, LOCAL_ACTIVITY),
    ("local_activity", 5, LOCAL_ACTIVITY),
    ("local_activity_cancel", 13, LOCAL_ACTIVITY),
    ("local_activity_failure", 5, LOCAL_ACTIVITY),
    ("local_activity_fan_out", 5, LOCAL_ACTIVITY),
    ("local_activity_long", 14, LOCAL_ACTIVITY),
    ("local_activity_retry", 5, LOCAL_ACTIVITY),
    ("local_activity_retry_timer", 5, LOCAL_ACTIVITY),
    ("local_activity_timeout", 5, LOCAL_ACTIVITY),
    ("memo", 5, "a change of the memo"),
    ("nexus_async_caller", 5, NEXUS),
    ("nexus_cancel_abandon_caller", 5, NEXUS),
    ("nexus_cancel_lost_caller", 5, NEXUS),
    ("nexus_cancel_try_caller", 5, NEXUS),
    ("nexus_cancel_wait_completed_caller", 5, NEXUS),
    ("nexus_cancel_wait_requested_caller", 5, NEXUS),
    ("nexus_fail_async_caller", 5, NEXUS),
    ("nexus_fail_handler_error", 5, NEXUS),
    ("nexus_fail_sync", 5, NEXUS),
    ("nexus_shared_caller", 5, NEXUS),
    ("nexus_sync", 5, NEXUS),
    ("nexus_timeout_async_caller", 5, NEXUS),
    ("nexus_timeout_sync", 5, NEXUS),
    ("payload_codec", 11, LOCAL_ACTIVITY),
    ("search_attributes", 5, SEARCH_ATTRIBUTES),
    ("signal_buffered", 5, LOCAL_ACTIVITY),
    ("signal_unhandled_command", 9, LOCAL_ACTIVITY),
    ("signal_with_start_from_workflow_sender", 5, NEXUS),
    ("update_aborted", 5, LOCAL_ACTIVITY),
    ("update_during_task", 5, LOCAL_ACTIVITY),
    ("user_metadata", 11, LOCAL_ACTIVITY),
];

/// Nothing in these is missing from replay, but from what workflow code can ask for.
const NOT_WRITTEN: &[(&str, &str)] = &[(
    "cron_run2",
    "workflow code cannot read the last completion result yet",
)];

#[test]
fn what_is_missing_is_named() {
    let replayer = Replayer::new().expect("each workflow is registered once");
    for (name, event_id, what) in REFUSED {
        let recorded = Recorded::load(name);
        let refused = replayer.replay_as("any code", &recorded.history);
        let error = refused.expect_err(name);
        let mismatch = error.mismatch.as_ref().expect(name);
        assert!(mismatch.unsupported, "{name}: {error}");
        assert!(!error.non_determinism, "{name}: the code is not to blame");
        assert_eq!(mismatch.event_id, *event_id, "{name}: {error}");
        assert_eq!(
            error.message,
            format!(
                "event {event_id} is {what}, which this version of temporal-runtime cannot replay yet"
            )
        );
    }
}

#[test]
fn the_right_code_is_refused_where_history_goes_beyond_it() {
    let recorded = Recorded::load("local_activity_cancel");
    let error = Replayer::new()
        .and_then(|replayer| Ok(replayer.replay(&recorded.history)?))
        .expect_err("the marker");
    assert!(
        error
            .to_string()
            .contains(&format!("event 13 is {LOCAL_ACTIVITY}")),
        "{error}"
    );
}

/// With the last result unknown, code that ignores it replays; which one it is, history does not say.
#[test]
fn a_history_of_known_events_needs_only_its_commands() {
    for (name, why) in NOT_WRITTEN {
        let recorded = Recorded::load(name);
        let replayer = Replayer::new().expect("each workflow is registered once");
        assert!(replayer.replay(&recorded.history).is_err(), "{why}");
        assert_eq!(
            replayer
                .replay_as("any code", &recorded.history)
                .expect("a timer of an hour"),
            Replayed::Open
        );
    }
}

#[test]
fn an_unknown_type_is_refused_with_those_that_are_linked() {
    let recorded = Recorded::load("memo");
    let error = Replayer::new()
        .expect("each workflow is registered once")
        .replay(&recorded.history)
        .expect_err("`MemoUpsert` is not written");
    assert!(
        error
            .message
            .starts_with("no workflow `MemoUpsert` is linked; known: "),
        "{error}"
    );
    assert!(error.message.contains("WaitForever"), "{error}");
}

#[test]
fn every_recorded_history_is_in_one_list() {
    let mut listed: Vec<&str> = REPLAYED.to_vec();
    listed.extend(REFUSED.iter().map(|(name, ..)| *name));
    listed.extend(NOT_WRITTEN.iter().map(|(name, _)| *name));
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(unique.len(), listed.len(), "a history is listed twice");
    assert_eq!(unique.into_iter().collect::<Vec<_>>(), names());
}
