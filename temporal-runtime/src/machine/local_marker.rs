//! The marker of a local activity, as the other SDKs' core writes and reads it: `core_local_activity`, with JSON in the
//! detail `data`, the result in the detail `result`, and a failure in its own field.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use temporal_protos::{
    command::{RecordMarkerCommandAttributes, command::Attributes},
    common::{ActivityType, Payload, Payloads},
    enums::RetryState,
    failure::{ActivityFailureInfo, Failure, failure::FailureInfo},
    history::{
        HistoryEvent, MarkerRecordedEventAttributes, history_event::Attributes as EventAttributes,
    },
};

use super::{EventKind, LocalActivityCommand, Outcome, first, retry_policy::Retry};
use crate::convert::json_payload;

/// Its name.
pub(crate) const MARKER: &str = "core_local_activity";
const DATA: &str = "data";
const RESULT: &str = "result";

/// What a marker says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LocalMarker {
    pub(super) seq: u64,
    pub(super) attempt: u32,
    pub(super) activity_id: String,
    pub(super) activity_type: String,
    /// The workflow's time from then on: its time when the activity was asked for, and how long the last attempt took.
    pub(super) complete_time: Option<SystemTime>,
    pub(super) backoff: Option<Duration>,
    pub(super) original_schedule_time: Option<SystemTime>,
    /// The place of the activation that had the result among those of its task. Older cores do not write it.
    pub(super) activation_index: Option<u64>,
    pub(super) outcome: Outcome,
    pub(super) summary: Option<String>,
    /// It was begun in an earlier task. Not written.
    pub(super) begun_before: bool,
}

/// The JSON, in the order in which the other SDKs' core writes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Data {
    seq: u64,
    attempt: u32,
    activity_id: String,
    activity_type: String,
    complete_time: Option<Moment>,
    backoff: Option<Moment>,
    original_schedule_time: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation_index: Option<u64>,
}

/// A timestamp or a duration.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Moment {
    seconds: u64,
    nanos: u32,
}

impl From<Duration> for Moment {
    fn from(duration: Duration) -> Self {
        Self {
            seconds: duration.as_secs(),
            nanos: duration.subsec_nanos(),
        }
    }
}

impl Moment {
    fn of(time: SystemTime) -> Option<Self> {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .map(Self::from)
    }

    fn duration(self) -> Option<Duration> {
        (self.nanos < 1_000_000_000).then(|| Duration::new(self.seconds, self.nanos))
    }

    fn time(self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(self.duration()?)
    }
}

impl LocalMarker {
    /// Reads a marker event; `None` if it is another marker, or says nothing that can be read.
    fn read(marker: &MarkerRecordedEventAttributes) -> Option<Self> {
        if marker.marker_name != MARKER {
            return None;
        }
        let data = first(marker.details.get(DATA).cloned())?;
        let data: Data = serde_json::from_slice(&data.data).ok()?;
        let outcome = match &marker.failure {
            Some(failure) => Outcome::Failed(Box::new(failure.clone())),
            None => Outcome::Completed(first(marker.details.get(RESULT).cloned())),
        };
        Some(Self {
            seq: data.seq,
            attempt: data.attempt,
            activity_id: data.activity_id,
            activity_type: data.activity_type,
            complete_time: data.complete_time.and_then(Moment::time),
            backoff: data.backoff.and_then(Moment::duration),
            original_schedule_time: data.original_schedule_time.and_then(Moment::time),
            activation_index: data.activation_index,
            outcome,
            summary: None,
            begun_before: false,
        })
    }

    /// The same, as an event of the machines.
    pub(super) fn event(marker: &MarkerRecordedEventAttributes) -> EventKind {
        Self::read(marker).map_or(
            EventKind::Unsupported("a marker of a local activity that cannot be read"),
            |marker| EventKind::LocalActivity(Box::new(marker)),
        )
    }

    /// The marker that an event of history is, if it is one.
    pub(super) fn of(event: &HistoryEvent) -> Option<Self> {
        match &event.attributes {
            Some(EventAttributes::MarkerRecordedEventAttributes(marker)) => Self::read(marker),
            _ => None,
        }
    }

    /// The command that records it.
    pub(super) fn to_attributes(&self) -> Attributes {
        let data = Data {
            seq: self.seq,
            attempt: self.attempt,
            activity_id: self.activity_id.clone(),
            activity_type: self.activity_type.clone(),
            complete_time: self.complete_time.and_then(Moment::of),
            backoff: self.backoff.map(Moment::from),
            original_schedule_time: self.original_schedule_time.and_then(Moment::of),
            activation_index: self.activation_index,
        };
        // numbers and text always have a JSON form
        let data = json_payload(&data).unwrap_or_default();
        let mut details = BTreeMap::from([(DATA.to_owned(), one(data))]);
        let failure = match &self.outcome {
            Outcome::Completed(result) => {
                details.extend(result.clone().map(|r| (RESULT.to_owned(), one(r))));
                None
            }
            Outcome::Failed(failure) => Some((**failure).clone()),
        };
        RecordMarkerCommandAttributes {
            marker_name: MARKER.to_owned(),
            details,
            header: None,
            failure,
        }
        .into()
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.seq == other.seq
            && self.activity_id == other.activity_id
            && self.activity_type == other.activity_type
    }

    /// In the words of a mismatch.
    pub(super) fn describe(&self) -> String {
        let how = if self.is_cancelled() {
            " as cancelled"
        } else {
            ""
        };
        format!(
            "local activity `{}` (id {}) recorded{how}",
            self.activity_type, self.activity_id
        )
    }

    /// It was cancelled, which happens only if workflow code asks for it.
    pub(super) fn is_cancelled(&self) -> bool {
        matches!(&self.outcome, Outcome::Failed(failure)
            if matches!(failure.failure_info, Some(FailureInfo::CanceledFailureInfo(_))))
    }
}

fn one(payload: Payload) -> Payloads {
    Payloads {
        payloads: vec![payload],
    }
}

/// Puts an activity failure around a failure. Markers do not have it, so what it says is worked out anew on replay.
pub(super) fn wrapped(
    outcome: Outcome,
    command: &LocalActivityCommand,
    activity_id: &str,
    attempt: u32,
    cancel_requested: bool,
) -> Outcome {
    let Outcome::Failed(failure) = outcome else {
        return outcome;
    };
    let retry_state = match Retry::of(&command.retry_policy, attempt, &failure) {
        Retry::Never(state) => state,
        Retry::After(_) if cancel_requested => RetryState::CancelRequested,
        Retry::After(_) => RetryState::Unspecified,
    };
    let message = match &failure.failure_info {
        Some(FailureInfo::CanceledFailureInfo(_)) => "Local activity cancelled",
        Some(FailureInfo::TimeoutFailureInfo(_)) => "Local activity timed out",
        _ => "Local activity failed",
    };
    Outcome::Failed(Box::new(Failure {
        message: message.to_owned(),
        cause: Some(failure),
        failure_info: Some(FailureInfo::ActivityFailureInfo(ActivityFailureInfo {
            activity_type: Some(ActivityType {
                name: command.activity_type.clone(),
            }),
            activity_id: activity_id.to_owned(),
            retry_state: retry_state.into(),
            ..ActivityFailureInfo::default()
        })),
        ..Failure::default()
    }))
}
