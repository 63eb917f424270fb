//! How many bytes a run takes: its state beside its history, which has a limit of its own, and all of it in memory,
//! roughly. Ends a run whose state is too large.

use prost::Message as _;

use super::Run;
use crate::engine::limits::Limits;

/// What an activity, a child or a signal on its way takes besides what it carries.
const PENDING_BYTES: usize = 256;

/// What a timer, or a request id that is remembered, takes.
const SMALL_BYTES: usize = 96;

/// What a run takes in memory besides its events and its state.
const RUN_BYTES: u64 = 4096;

/// What an event takes in memory besides its bytes.
const EVENT_BYTES: u64 = 1024;

impl Run {
    /// What the run holds beside its history: what is pending, with the details, failures and requests that came with it.
    pub(crate) fn state_bytes(&self) -> usize {
        let activities = self.activities.values().map(|activity| {
            let details = activity.heartbeat_details.as_ref();
            let failure = activity.last_failure.as_ref();
            PENDING_BYTES
                + details.map_or(0, prost::Message::encoded_len)
                + failure.map_or(0, prost::Message::encoded_len)
        });
        let updates = self.updates.known.values().map(|update| {
            // What has come of it is in the history, as the request is once it was accepted.
            let request = if update.in_history {
                0
            } else {
                update.request.encoded_len()
            };
            SMALL_BYTES + request
        });
        let others = self.children.len() + self.signals.len() + self.cancels.len();
        // Counted, because there may be ten thousand, and this is asked with each request.
        let small = self.timers.len() + self.request_ids.len() + self.signal_requests.len();
        activities.sum::<usize>()
            + updates.sum::<usize>()
            + others * PENDING_BYTES
            + small * SMALL_BYTES
            + self.history.buffered_bytes()
            + self.memo.encoded_len()
            + self.search_attributes.encoded_len()
    }

    /// All that the run takes in memory, roughly, with a state of so many bytes.
    pub(crate) fn memory_bytes(&self, state: usize) -> u64 {
        let events = u64::try_from(self.history.last_event_id()).unwrap_or(0);
        let history = u64::try_from(self.history.bytes()).unwrap_or(0);
        let state = u64::try_from(state).unwrap_or(u64::MAX / 2);
        RUN_BYTES + events * EVENT_BYTES + history + state
    }

    /// Why the run, with a state of so many bytes, has grown beyond all measure, if it has.
    pub(crate) fn too_large(&self, state: usize, limits: &Limits) -> Option<&'static str> {
        self.history_too_large(limits).or_else(|| {
            (state > limits.state_bytes).then_some("Workflow mutable state size exceeds limit.")
        })
    }

    /// Why its history has, if it has.
    pub(super) fn history_too_large(&self, limits: &Limits) -> Option<&'static str> {
        if self.history.bytes() > limits.history_bytes {
            Some("Workflow history size exceeds limit.")
        } else if self.history.last_event_id() > limits.history_events {
            Some("Workflow history count exceeds limit.")
        } else {
            None
        }
    }
}
