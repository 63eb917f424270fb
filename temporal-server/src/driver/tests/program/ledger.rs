//! What callers were told, to be found in the histories at the end, once.

use temporal_protos::enums::EventType;

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(in crate::driver::tests) struct Ledger {
    pub(in crate::driver::tests) told: Vec<Told>,
}

/// Something that was acknowledged.
#[derive(Debug)]
pub(in crate::driver::tests) struct Told {
    pub(in crate::driver::tests) workflow_id: String,
    pub(in crate::driver::tests) run_id: String,
    pub(in crate::driver::tests) what: What,
}

/// What it was. Texts are those of one call alone.
#[derive(Debug)]
pub(in crate::driver::tests) enum What {
    /// The run was started, or made by a reset.
    Started,
    /// With this input.
    Signalled(String),
    CancelRequested,
    Terminated,
    /// Somebody tried to delete it.
    MayBeGone,
    Gone,
    /// A workflow task was completed, by this identity; and the run with it, if it was to end so.
    TaskCompleted(String, Option<EventType>),
    /// With this result.
    ActivityCompleted(String),
    /// With these details.
    ActivityCancelled(String),
    UpdateAccepted(String),
    UpdateCompleted(String),
}

impl Ledger {
    pub(super) fn note(&mut self, workflow_id: &str, run_id: &str, what: What) {
        self.told.push(Told {
            workflow_id: workflow_id.into(),
            run_id: run_id.into(),
            what,
        });
    }
}
