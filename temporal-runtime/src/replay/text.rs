//! How protobuf's JSON form writes times, bytes and numbers.

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
    known.then(|| {
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        (seconds - offset, nanos)
    })
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
    match text.strip_prefix('-') {
        Some(text) => decimal(text).map(|(seconds, nanos)| (-seconds, -nanos)),
        None => decimal(text),
    }
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

/// A number, or its digits in quotes.
pub(super) fn integer<N: std::str::FromStr>(json: &Value) -> Option<N> {
    match json {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
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
            "2026-11-21T14:49:23",
            "2026-11-21T14:49Z",
            "aTbZ",
        ] {
            assert_eq!(timestamp(wrong), None, "{wrong}");
        }
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
        }
        assert_eq!(base64("-_8="), base64("+/8="));
        assert_eq!((base64("Q"), base64("Q!==")), (None, None));
    }
}
