//! How protobuf's JSON form writes times, bytes, numbers and names.

use std::fmt::{Display, LowerExp};
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::Value;

/// `2026-01-31T12:00:00.5Z`, or with an offset: seconds since 1970, and nanoseconds.
pub(super) fn timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, offset) = match rest.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, 0),
        None => offset(rest)?,
    };
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (
        clock.next()?.parse::<i64>().ok()?,
        clock.next()?.parse::<i64>().ok()?,
    );
    let (second, nanos) = decimal(clock.next()?)?;
    let known = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let days = known.then(|| days(year, month, day))?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    (date_of(days) == (year, month, day) && TIMES.contains(&seconds)).then_some((seconds, nanos))
}

/// Seconds since 1970 that a timestamp may have: the years 1 to 9999.
const TIMES: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Seconds of a duration: 10,000 years, either way.
const DURATIONS: RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;

/// The year, the month and the day so many days after the first one of 1970: what [`days`] counts, taken back.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (year + era * 400, month, day)
}

/// A time as text, if it has one.
pub(super) fn from_timestamp(seconds: i64, nanos: i32) -> Option<String> {
    if !TIMES.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let rest = fraction(nanos);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{rest}Z"
    ))
}

/// A duration as text, if it has one.
pub(super) fn from_duration(seconds: i64, nanos: i32) -> Option<String> {
    let is_one_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    if !DURATIONS.contains(&seconds) || nanos.unsigned_abs() >= 1_000_000_000 || !is_one_sign {
        return None;
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    Some(format!(
        "{sign}{}{}s",
        seconds.unsigned_abs(),
        fraction(nanos.abs())
    ))
}

/// Billionths as three, six or nine digits behind a point, or as none.
fn fraction(nanos: i32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1000 == 0 => format!(".{:06}", nanos / 1000),
        _ => format!(".{nanos:09}"),
    }
}

/// The time before the offset, and the offset in seconds.
fn offset(rest: &str) -> Option<(&str, i64)> {
    let at = rest.rfind(['+', '-'])?;
    let (clock, offset) = rest.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':')?;
    let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    Some((
        clock,
        if offset.starts_with('-') {
            -seconds
        } else {
            seconds
        },
    ))
}

/// Days since 1970 in the Gregorian calendar, counted in years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

/// `1.5s`: seconds and nanoseconds of one sign.
pub(super) fn duration(text: &str) -> Option<(i64, i32)> {
    let text = text.strip_suffix('s')?;
    let found = match text.strip_prefix('-') {
        Some(text) => decimal(text).map(|(seconds, nanos)| (-seconds, -nanos)),
        None => decimal(text),
    };
    found.filter(|(seconds, _)| DURATIONS.contains(seconds))
}

/// `1h2m3.5s`, as query parameters have it: numbers with the units of Go.
pub(super) fn duration_with_units(text: &str) -> Option<(i64, i32)> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1000),
        ("µs", 1000),
        ("μs", 1000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some((0, 0));
    }
    let mut nanos: i128 = 0;
    while {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|c: char| c == '.' || c.is_ascii_digit());
        let (unit, behind) = behind.split_at(end.unwrap_or(behind.len()));
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, billionths) = decimal(number)?;
        nanos += i128::from(whole) * unit + i128::from(billionths) * unit / 1_000_000_000;
        rest = behind;
        !rest.is_empty()
    } {}
    let nanos = sign * nanos;
    // what Go holds in 64 bits
    let nanos = i64::try_from(nanos).ok()?;
    let rest = i32::try_from(nanos % 1_000_000_000).ok()?;
    Some((nanos / 1_000_000_000, rest))
}

/// `12.345`: the whole part, and the rest in billionths.
fn decimal(text: &str) -> Option<(i64, i32)> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if rest.len() > 9 || !digits(whole) || !digits(rest) {
        return None;
    }
    Some((whole.parse().ok()?, format!("{rest:0<9}").parse().ok()?))
}

/// A number, or its digits in quotes. `1.0` and `1e3` are whole, too.
pub(super) fn integer<N: FromStr + TryFrom<i64>>(json: &Value) -> Option<N> {
    let text = match json {
        Value::Number(number) => &number.to_string(),
        Value::String(text) => text,
        _ => return None,
    };
    text.parse().ok().or_else(|| {
        let is_number = text.contains(['.', 'e', 'E']);
        let number: f64 = is_number.then(|| text.parse().ok()).flatten()?;
        let is_whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
        let whole = is_whole.then_some(number as i64)?;
        whole.try_into().ok()
    })
}

/// A number, also in quotes: `NaN` has no other form.
pub(super) fn float(json: &Value) -> Option<f64> {
    match json {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Both alphabets, with padding or without.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| -> Option<u32> {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        if group.len() == 1 {
            return None;
        }
        let mut number = 0;
        for byte in group {
            number = (number << 6) | digit(*byte)?;
        }
        number <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&number.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

pub(super) fn to_base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            let digit = (number >> (18 - 6 * place)) & 63;
            let is_there = place <= group.len();
            text.push(
                if is_there {
                    DIGITS[digit as usize]
                } else {
                    b'='
                }
                .into(),
            );
        }
    }
    text
}

/// A number as JavaScript writes it; what is none, in quotes.
pub(super) fn number<N: Into<f64> + LowerExp + Display>(number: N) -> String {
    let (plain, exponent) = (number.to_string(), format!("{number:e}"));
    let value = number.into();
    match value.abs() {
        _ if value.is_nan() => "\"NaN\"".to_owned(),
        f64::INFINITY if value > 0.0 => "\"Infinity\"".to_owned(),
        f64::INFINITY => "\"-Infinity\"".to_owned(),
        size if size != 0.0 && size < 1e-6 => exponent,
        size if size >= 1e21 => exponent.replace('e', "e+"),
        _ => plain,
    }
}

/// `ab_c` from `abC`, in each part of a path.
pub(super) fn snake_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// `abC` from `ab_c`.
pub(super) fn camel_case(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut is_behind = false;
    for c in name.chars() {
        let is_line = c == '_';
        if !is_line {
            text.push(if is_behind { c.to_ascii_uppercase() } else { c });
        }
        is_behind = is_line;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(timestamp("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(timestamp("1969-12-31T23:59:59.5Z"), Some((-1, 500_000_000)));
        assert_eq!(timestamp("2000-02-29T12:00:00Z"), Some((951_825_600, 0)));
        assert_eq!(
            timestamp("2026-11-21T15:49:23.457661285+01:00"),
            timestamp("2026-11-21T14:49:23.457661285Z")
        );
        assert_eq!(
            timestamp("0001-01-01T00:00:00Z"),
            Some((-62_135_596_800, 0))
        );
        for wrong in [
            "",
            "2026-11-21",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-21T14:49:23",
            "2026-11-21T14:49Z",
            "aTbZ",
        ] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1969-12-31T23:59:59.500Z",
            "2000-02-29T12:00:00.000001Z",
            "2026-11-21T14:49:23.457661285Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ] {
            let (seconds, nanos) = timestamp(text).unwrap();
            assert_eq!(from_timestamp(seconds, nanos).as_deref(), Some(text));
        }
        for day in (-719_162..2_932_897).step_by(97) {
            let text = from_timestamp(day * 86_400, 0).unwrap();
            assert_eq!(timestamp(&text), Some((day * 86_400, 0)), "{text}");
        }
        for text in ["0s", "1s", "-0.500s", "86400.000001s", "-315576000000s"] {
            let (seconds, nanos) = duration(text).unwrap();
            assert_eq!(from_duration(seconds, nanos).as_deref(), Some(text));
        }
        for (seconds, nanos) in [
            (1, -1),
            (-1, 1),
            (1 << 40, 0),
            (0, 1_000_000_000),
            (i64::MIN, 0),
        ] {
            assert_eq!(from_duration(seconds, nanos), None);
        }
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MIN, 0), (i64::MAX, 0)] {
            assert_eq!(from_timestamp(seconds, nanos), None);
        }
    }

    #[test]
    fn durations_of_parameters_have_units() {
        for (text, expected) in [
            ("1h2m3.5s", Some((3723, 500_000_000))),
            ("-1.5s", Some((-1, -500_000_000))),
            ("300ms", Some((0, 300_000_000))),
            ("1µs", Some((0, 1000))),
            ("0", Some((0, 0))),
            ("", None),
            ("1", None),
            ("1d", None),
            ("s", None),
            ("99999999999h", None),
        ] {
            assert_eq!(duration_with_units(text), expected, "{text}");
        }
    }

    #[test]
    fn floats_are_written_as_javascript_does() {
        for (value, text) in [
            (2.0, "2"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (f64::NAN, "\"NaN\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(0.1_f32), "0.1");
    }

    #[test]
    fn names_in_masks_change_their_case() {
        assert_eq!(snake_case("aB.cDe"), "a_b.c_de");
        assert_eq!(camel_case("a_b.c_de"), "aB.cDe");
    }

    #[test]
    fn durations_are_seconds() {
        assert_eq!(duration("10s"), Some((10, 0)));
        assert_eq!(duration("0.000000001s"), Some((0, 1)));
        assert_eq!(duration("-1.5s"), Some((-1, -500_000_000)));
        for wrong in ["10", "1h", "1.0000000001s", "1,5s", "--1s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_may_stand_in_quotes() {
        assert_eq!(
            integer::<i64>(&json!("-9223372036854775808")),
            Some(i64::MIN)
        );
        assert_eq!(integer::<u64>(&json!(u64::MAX)), Some(u64::MAX));
        assert_eq!(
            (integer::<u64>(&json!(-1)), integer::<i64>(&json!("x"))),
            (None, None)
        );
        assert_eq!(integer::<i32>(&json!(2.0)), Some(2));
        assert_eq!(integer::<i32>(&json!("1e3")), Some(1000));
        for wrong in [
            json!(1.5),
            json!(1e300),
            json!("NaN"),
            json!(4e9),
            json!(true),
        ] {
            assert_eq!(integer::<i32>(&wrong), None, "{wrong}");
        }
        assert!(float(&json!("NaN")).is_some_and(f64::is_nan));
    }

    #[test]
    fn bytes_are_base64() {
        for (text, bytes) in [
            ("", ""),
            ("QQ==", "A"),
            ("QQ", "A"),
            ("QUI=", "AB"),
            ("QUJD", "ABC"),
            ("QUJDRA==", "ABCD"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()));
            if text != "QQ" {
                assert_eq!(to_base64(bytes.as_bytes()), text);
            }
        }
        assert_eq!(base64("-_8="), base64("+/8="));
        assert_eq!((base64("Q"), base64("Q!==")), (None, None));
    }
}
