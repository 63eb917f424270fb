//! Histories that this version cannot replay say what is missing, whatever the code does.

use std::collections::BTreeSet;

use temporal_runtime::{prelude::*, replay::Replayer};

use super::{
    codec,
    recorded::{Recorded, names},
    replay::REPLAYED,
};

/// The workflows of these histories cannot be written yet, so any code will do.
#[workflow(name = "any code")]
async fn any_code(wf: &mut Wf) -> Result<()> {
    wf.sleep(Duration::from_secs(3600)).await
}

const NEXUS: &str = "a Nexus operation";

/// History, event, what it is.
const REFUSED: &[(&str, i64, &str)] = &[
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
    ("signal_with_start_from_workflow_sender", 5, NEXUS),
];

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
fn an_unknown_type_is_refused_with_those_that_are_linked() {
    let recorded = Recorded::load("nexus_sync");
    let error = Replayer::new()
        .expect("each workflow is registered once")
        .replay(&recorded.history)
        .expect_err("`NexusSync` is not written");
    assert!(
        error
            .message
            .starts_with("no workflow `NexusSync` is linked; known: "),
        "{error}"
    );
    assert!(error.message.contains("WaitForever"), "{error}");
}

#[test]
fn every_recorded_history_is_in_one_list() {
    let mut listed: Vec<&str> = REPLAYED.to_vec();
    listed.extend(REFUSED.iter().map(|(name, ..)| *name));
    listed.extend(codec::ENCODED);
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(unique.len(), listed.len(), "a history is listed twice");
    assert_eq!(unique.into_iter().collect::<Vec<_>>(), names());
}
