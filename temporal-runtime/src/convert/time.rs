//! Durations and moments between std and protobuf. Out of range is clamped, never a panic.

use std::time::{Duration, SystemTime};

/// The longest duration that protobuf allows: 10,000 years.
const LONGEST: Duration = Duration::from_secs(315_576_000_000);

/// To protobuf; more than protobuf allows is its maximum.
pub(crate) fn proto_duration(duration: Duration) -> prost_types::Duration {
    let duration = duration.min(LONGEST);
    prost_types::Duration {
        // ten thousand years fit
        seconds: i64::try_from(duration.as_secs()).unwrap_or_default(),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default(),
    }
}

/// From protobuf; negative is zero.
pub(crate) fn std_duration(duration: &prost_types::Duration) -> Duration {
    let seconds = u64::try_from(duration.seconds).unwrap_or_default();
    let nanos = u32::try_from(duration.nanos)
        .unwrap_or_default()
        .min(999_999_999);
    Duration::new(seconds, nanos)
}

/// From protobuf; before 1970 is 1970.
pub(crate) fn std_time(time: &prost_types::Timestamp) -> SystemTime {
    let since = Duration::new(
        u64::try_from(time.seconds).unwrap_or_default(),
        u32::try_from(time.nanos)
            .unwrap_or_default()
            .min(999_999_999),
    );
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
