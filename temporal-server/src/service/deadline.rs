//! How long a caller waits for an answer. Reads the header only; who waits decides what to do at the end.

use std::time::Duration;

use http::HeaderMap;

/// The time left to a call when it arrived, if its caller set one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(pub(crate) Option<Duration>);

impl Deadline {
    /// From the header `grpc-timeout`; one that cannot be read is none.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self(
            headers
                .get("grpc-timeout")
                .and_then(|value| value.to_str().ok())
                .and_then(parse),
        )
    }

    /// Of a request that a handler has got.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> Self {
        Self(
            request
                .metadata()
                .get("grpc-timeout")
                .and_then(|value| value.to_str().ok())
                .and_then(parse),
        )
    }
}

/// At most eight digits and a unit.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_strictly() {
        assert_eq!(parse("15S"), Some(Duration::from_secs(15)));
        assert_eq!(parse("99999999m"), Some(Duration::from_millis(99_999_999)));
        for bad in ["", "S", "15", "123456789S", "-1S", "1é", "1 S"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
