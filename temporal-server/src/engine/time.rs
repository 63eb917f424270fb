//! Points in virtual time, and durations as they travel in messages. Never asks what time it is.

use std::time::Duration;

/// A point in virtual time: nanoseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Time(i64);

const SECOND: i64 = 1_000_000_000;

impl Time {
    /// A time by its nanoseconds since the Unix epoch.
    pub(crate) const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub(crate) const fn as_nanos(self) -> i64 {
        self.0
    }

    /// This time and then some; stops at the end of time.
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// So much before this time; stops at the beginning of time.
    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    /// How long ago `earlier` was; nothing if it was not.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As messages carry it.
    pub(crate) fn to_proto(self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.0.div_euclid(SECOND),
            nanos: i32::try_from(self.0.rem_euclid(SECOND)).expect("a remainder of a second fits"),
        }
    }

    /// From a message; out-of-range values stop at the ends of time.
    pub(crate) fn from_proto(value: &prost_types::Timestamp) -> Self {
        Self(
            value
                .seconds
                .saturating_mul(SECOND)
                .saturating_add(i64::from(value.nanos)),
        )
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Why a duration of a message cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadDuration {
    /// It is below zero.
    Negative,
}

/// The longest duration that is kept: about a hundred years, so that sums stay in range.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A duration of a message; absent means zero.
pub(crate) fn duration(value: Option<&prost_types::Duration>) -> Result<Duration, BadDuration> {
    let Some(value) = value else {
        return Ok(Duration::ZERO);
    };
    let (Ok(seconds), Ok(nanos)) = (u64::try_from(value.seconds), u32::try_from(value.nanos))
    else {
        return Err(BadDuration::Negative);
    };
    Ok((Duration::from_secs(seconds.min(LONGEST.as_secs()))
        + Duration::from_nanos(u64::from(nanos)))
    .min(LONGEST))
}

/// A duration of a message that was checked before; one below zero counts as zero.
pub(crate) fn checked(value: Option<&prost_types::Duration>) -> Duration {
    duration(value).unwrap_or_default()
}

/// As messages carry it, zero included.
pub(crate) fn to_proto(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).expect("below a second"),
    }
}

/// As messages carry it, zero left out.
pub(crate) fn to_proto_unless_zero(duration: Duration) -> Option<prost_types::Duration> {
    (!duration.is_zero()).then(|| to_proto(duration))
}
