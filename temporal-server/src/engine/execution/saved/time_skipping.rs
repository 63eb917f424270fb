//! How far a run's time is ahead, as it is stored: nothing for the runs that never skipped any.

use std::time::Duration;

use temporal_protos::common::TimeSkippingConfig;

use super::nanos;
use crate::engine::execution::time_skipping::{FastForward, TimeSkipping};
use crate::engine::time::Time;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedTimeSkipping {
    #[prost(message, optional, tag = "1")]
    config: Option<TimeSkippingConfig>,
    #[prost(uint64, tag = "2")]
    ahead: u64,
    #[prost(int32, tag = "3")]
    skips: i32,
    #[prost(int64, optional, tag = "4")]
    fast_forward: Option<i64>,
    #[prost(bool, tag = "5")]
    reached: bool,
}

impl SavedTimeSkipping {
    pub(super) fn of(time_skipping: &TimeSkipping) -> Option<Self> {
        let TimeSkipping {
            config,
            ahead,
            skips,
            fast_forward,
            known,
        } = time_skipping;
        known.then(|| Self {
            config: config.clone(),
            ahead: nanos(*ahead),
            skips: *skips,
            fast_forward: fast_forward.map(|forward| forward.target.as_nanos()),
            reached: fast_forward.is_some_and(|forward| forward.reached),
        })
    }

    pub(super) fn restore(self) -> TimeSkipping {
        TimeSkipping {
            config: self.config,
            ahead: Duration::from_nanos(self.ahead),
            skips: self.skips,
            fast_forward: self.fast_forward.map(|target| FastForward {
                target: Time::from_nanos(target),
                reached: self.reached,
            }),
            known: true,
        }
    }
}
