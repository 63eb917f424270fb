//! Lengths of time as Go writes them, `1h30m`: that is what cron texts hold. The texts of errors are Go's, because
//! clients see them.

/// The longest that Go can hold: about 292 years.
const LONGEST: f64 = i64::MAX as f64;

/// Nanoseconds of a text like `1h30m`; with `days`, `d` stands for 24 hours.
pub(crate) fn parse(text: &str, days: bool) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let number = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let amount: f64 = rest[..number].parse().map_err(|_| invalid())?;
        rest = &rest[number..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "" => return Err(format!("time: missing unit in duration {text:?}")),
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "d" if days => 86_400e9,
            unknown => {
                return Err(format!(
                    "time: unknown unit {unknown:?} in duration {text:?}"
                ));
            }
        };
        total += amount * unit;
        rest = &rest[end..];
    }
    if total >= LONGEST {
        return Err(invalid());
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
    let nanos = total as i64;
    Ok(if negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_added_up() {
        assert_eq!(parse("1h30m", false), Ok(5_400_000_000_000));
        assert_eq!(parse("-1.5s", false), Ok(-1_500_000_000));
        assert_eq!(parse("2d", true), Ok(172_800_000_000_000));
        assert_eq!(parse("0", false), Ok(0));
    }

    #[test]
    fn the_texts_of_errors_are_gos() {
        for (text, error) in [
            ("soon", "time: invalid duration \"soon\""),
            ("", "time: invalid duration \"\""),
            ("5", "time: missing unit in duration \"5\""),
            ("5x", "time: unknown unit \"x\" in duration \"5x\""),
            ("2d", "time: unknown unit \"d\" in duration \"2d\""),
            ("1.2.3s", "time: invalid duration \"1.2.3s\""),
            ("99999999h", "time: invalid duration \"99999999h\""),
        ] {
            assert_eq!(parse(text, false), Err(error.to_owned()));
        }
    }
}
