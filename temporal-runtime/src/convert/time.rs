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

/// To protobuf; before 1970 is 1970.
pub(crate) fn proto_time(time: SystemTime) -> prost_types::Timestamp {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    prost_types::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}

/// RFC 3339 in UTC, as Python writes it; before 1970 is 1970.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (days, second) = (since.as_secs() / DAY, since.as_secs() % DAY);
    let (year, month, day) = date_of(days);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let nanos = since.subsec_nanos();
    let fraction = match nanos {
        0 => String::new(),
        _ if nanos.is_multiple_of(1000) => format!(".{:06}", nanos / 1000),
        _ => format!(".{nanos:09}"),
    };
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}{fraction}+00:00",
        second % 60
    )
}

/// A moment from RFC 3339 with any offset; `None` for what is none, or before 1970.
pub(crate) fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    if !text.is_ascii() || text.len() < "2026-01-02T03:04:05Z".len() {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let separated = [(4, "-"), (7, "-"), (13, ":"), (16, ":")]
        .iter()
        .all(|(at, mark)| text.get(*at..at + 1) == Some(mark));
    if !separated || !matches!(text.get(10..11), Some("T" | "t" | " ")) {
        return None;
    }
    let days = days_until(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let second = hour * 3600 + minute * 60 + second;
    let rest = &text[19..];
    let digits = rest.strip_prefix('.').map_or(0, |fraction| {
        fraction.bytes().take_while(u8::is_ascii_digit).count()
    });
    let nanos = match digits {
        0 => 0,
        _ => format!("{:0<9}", &rest[1..=digits.min(9)]).parse().ok()?,
    };
    let zone = &rest[if digits == 0 { 0 } else { digits + 1 }..];
    let local = i64::try_from(days * DAY + second).ok()?;
    let utc = u64::try_from(local - offset(zone)?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(utc, nanos))
}

const DAY: u64 = 24 * 3600;

/// The seconds by which a zone such as `+02:00` is ahead.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, time) = match zone.split_at_checked(1)? {
        ("+", time) => (1, time),
        ("-", time) => (-1, time),
        _ => return None,
    };
    let (hours, minutes) = time.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 3600 + minutes * 60))
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

const fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The leap days from year 1 up to a year, that one not counted.
const fn leap_days(year: u64) -> u64 {
    let before = year - 1;
    before / 4 - before / 100 + before / 400
}

/// Days from 1970 to a date.
fn days_until(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let whole = (year - 1970) * 365 + leap_days(year) - leap_days(1970);
    let months: u64 = (1..month).map(|month| days_of(year, month)).sum();
    Some(whole + months + day - 1)
}

/// The date that is so many days after 1970.
fn date_of(days: u64) -> (u64, u64, u64) {
    // never too late, and early by the leap days at most
    let mut year = 1970 + days / 366;
    let mut rest = days - ((year - 1970) * 365 + leap_days(year) - leap_days(1970));
    while rest >= if is_leap(year) { 366 } else { 365 } {
        rest -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while rest >= days_of(year, month) {
        rest -= days_of(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, nanos: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
    }

    #[test]
    fn moments_are_written_and_read() {
        for (time, text) in [
            (at(0, 0), "1970-01-01T00:00:00+00:00"),
            (at(951_782_400, 0), "2000-02-29T00:00:00+00:00"),
            (at(1_767_323_045, 0), "2026-01-02T03:04:05+00:00"),
            (
                at(1_798_761_599, 500_000_000),
                "2026-12-31T23:59:59.500000+00:00",
            ),
            (at(4_107_542_400, 1), "2100-03-01T00:00:00.000000001+00:00"),
        ] {
            assert_eq!(rfc3339(time), text);
            assert_eq!(parse_rfc3339(text), Some(time), "{text}");
        }
        // every first of a month for four centuries
        for days in (0..146_097).step_by(28) {
            let time = at(days * DAY + 1, 0);
            assert_eq!(parse_rfc3339(&rfc3339(time)), Some(time), "{days}");
        }
    }

    #[test]
    fn moments_of_other_writers_are_read() {
        let expected = Some(at(1_767_323_045, 120_000_000));
        for text in [
            "2026-01-02T03:04:05.12Z",
            "2026-01-02T05:04:05.120+02:00",
            "2026-01-01T21:34:05.12-05:30",
            "2026-01-02T03:04:05.1200000000009Z",
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
        for text in [
            "",
            "2026-02-29T03:04:05Z",
            "2026-13-02T03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+2:x",
            "+026-01-02T03:04:05Z",
            "1969-12-31T23:59:59Z",
            "2026-01-02T03:04:05é",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
