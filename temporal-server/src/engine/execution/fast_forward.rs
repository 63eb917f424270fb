//! What a poll of a run's fast-forward is told. Decides from the run alone; who polls waits elsewhere.

use temporal_protos::common::TimeSkippingFastForwardInfo;
use temporal_protos::enums::FastForwardPollingResult;

use super::Run;
use crate::engine::time::Time;

/// Why a fast-forward will not be completed, in the words of the real service.
const ID_MISMATCH: &str =
    "the requested fast_forward_id does not match the execution's current fast-forward";
const RESET: &str = "the fast-forward was reset";
const ENDED: &str = "the execution ended before the fast-forward completed";
const DISABLED: &str = "time skipping was disabled before the fast-forward completed";

/// The answer to a poll.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FastForwardOutcome {
    pub(crate) result: FastForwardPollingResult,
    pub(crate) failed_reason: &'static str,
    pub(crate) info: Option<TimeSkippingFastForwardInfo>,
}

/// What a look at a run gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FastForwardLook {
    Done(FastForwardOutcome),
    /// It is still to come, at this time of the run.
    Pending(Time),
    /// The run has ended; its successor goes on with it.
    Continued(String),
}

impl Run {
    /// How the fast-forward of this id stands; `pending` is where it was to end at an earlier look.
    pub(crate) fn look_at_fast_forward(&self, id: &str, pending: Option<Time>) -> FastForwardLook {
        use FastForwardPollingResult::{FastForwardCompleted, FastForwardFailed};
        let info = self.fast_forward_info();
        let done = |result, failed_reason| {
            FastForwardLook::Done(FastForwardOutcome {
                result,
                failed_reason,
                info: info.clone(),
            })
        };
        let Some(forward) = self
            .time_skipping
            .fast_forward
            .filter(|_| info.as_ref().is_some_and(|info| info.fast_forward_id == id))
        else {
            return done(FastForwardFailed, ID_MISMATCH);
        };
        if pending.is_some_and(|pending| pending != forward.target) {
            return done(FastForwardFailed, RESET);
        }
        if forward.reached {
            return done(FastForwardCompleted, "");
        }
        match &self.successor {
            Some(next) if !self.is_running() => FastForwardLook::Continued(next.clone()),
            _ if !self.is_running() => done(FastForwardFailed, ENDED),
            _ if self.time_skipping.fast_forwards_to().is_none() => {
                done(FastForwardFailed, DISABLED)
            }
            _ => FastForwardLook::Pending(forward.target),
        }
    }

    /// The run's fast-forward, whether it is over or not.
    pub(crate) fn fast_forward_info(&self) -> Option<TimeSkippingFastForwardInfo> {
        let forward = self.time_skipping.fast_forward?;
        let config = self.time_skipping.config.as_ref();
        let asked = config.and_then(|config| config.fast_forward_config.as_ref());
        Some(TimeSkippingFastForwardInfo {
            fast_forward_duration: asked.and_then(|asked| asked.duration),
            fast_forward_id: asked.map(|asked| asked.id.clone()).unwrap_or_default(),
            target_time: Some(forward.target.to_proto()),
            has_completed: forward.reached,
        })
    }
}
