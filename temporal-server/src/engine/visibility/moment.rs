//! Points in time and lengths of time as queries and search attributes write them. Reads no clock.

/// A point in time: seconds and nanoseconds since the Unix epoch, ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Whole seconds, negative before 1970.
    pub(crate) seconds: i64,
    /// Nanoseconds after them, under 1,000,000,000.
    pub(crate) nanos: u32,
}

impl Moment {
    /// The point so many nanoseconds after the Unix epoch.
    pub(super) fn from_unix_nanos(nanos: i64) -> Self {
        let rest = nanos.rem_euclid(1_000_000_000);
        Self {
            seconds: nanos.div_euclid(1_000_000_000),
            nanos: u32::try_from(rest).unwrap_or_default(),
        }
    }

    /// Reads RFC 3339 with optional fractions of a second, `2024-01-01T00:00:00.5+02:00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let (clock, zone) = rest.split_at_checked(8)?;
        let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
        let (nanos, zone) = fraction(zone)?;
        let offset = zone_offset(zone)?;
        let legal = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if !legal || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds =
            days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
                - offset;
        Some(Self { seconds, nanos })
    }
}

/// Three numbers of exactly these widths between `separator`s.
fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut out = [0; 3];
    for (slot, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *slot = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

/// The nanoseconds of a leading `.123`, and what follows.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let kept = &digits[..length.min(9)];
    let value: u32 = kept.parse().ok()?;
    let scale = 10_u32.pow(9 - u32::try_from(kept.len()).ok()?);
    Some((value * scale, &digits[length..]))
}

/// Seconds east of Greenwich.
fn zone_offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, clock) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let [hours, minutes, _] = numbers(&format!("{clock}:00"), ':', [2, 2, 2])?;
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar; years begin in March so that leap days come last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A length of time in nanoseconds: an integer, Go's form (`1h5m`, with `d` for days) or `HH:MM:SS`.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse_units(text)).or_else(|| {
        let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
        let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
        if parts.next().is_some() || minutes > 59 || seconds > 59 {
            return None;
        }
        (i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
            .checked_mul(1_000_000_000)
    })
}

fn parse_units(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let number = rest
            .bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b'.')
            .count();
        let amount: f64 = rest[..number].parse().ok()?;
        rest = &rest[number..];
        let unit = rest
            .bytes()
            .take_while(|b| !b.is_ascii_digit() && *b != b'.')
            .count();
        let nanos = match &rest[..unit] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "d" => 86_400e9,
            _ => return None,
        };
        total += amount * nanos;
        rest = &rest[unit..];
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked on the same line"
    )]
    (total < 9.2e18).then_some(if negative {
        -(total as i64)
    } else {
        total as i64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_strictly() {
        let at = |text| Moment::parse(text).map(|m| (m.seconds, m.nanos));
        assert_eq!(at("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(
            at("2024-02-29T12:00:00.5+02:00"),
            Some((1_709_200_800, 500_000_000))
        );
        assert_eq!(
            at("2024-06-01T12:00:00.123456789Z"),
            Some((1_717_243_200, 123_456_789))
        );
        assert_eq!(at("1969-12-31T23:59:59Z"), Some((-1, 0)));
        assert_eq!(at("0001-01-01T00:00:00Z"), Some((-62_135_596_800, 0)));
        for bad in [
            "2024-01-01",
            "yesterday",
            "2023-02-29T00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-1-01T00:00:00Z",
            "é024-01-01T00:00:00Z",
            "2024-01-01Té0:00:00Z",
            "",
            "T",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn nanoseconds_count_from_the_epoch_in_both_directions() {
        assert_eq!(
            Moment::from_unix_nanos(-1),
            Moment {
                seconds: -1,
                nanos: 999_999_999
            }
        );
        assert_eq!(
            Moment::from_unix_nanos(1_709_251_200_000_000_000).seconds,
            1_709_251_200
        );
    }

    #[test]
    fn durations_come_in_three_forms() {
        assert_eq!(parse_duration("1"), Some(1));
        assert_eq!(parse_duration("1h5m"), Some(3_900_000_000_000));
        assert_eq!(parse_duration("-1.5s"), Some(-1_500_000_000));
        assert_eq!(parse_duration("2d"), Some(172_800_000_000_000));
        assert_eq!(parse_duration("01:02:03"), Some(3_723_000_000_000));
        for bad in ["long", "", "-", "1x", "1:2", "01:60:00"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
