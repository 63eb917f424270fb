//! The keys that calls over the network carry. Never shows one: not in `Debug`, not in an error.

use std::fmt;
use std::hint::black_box;

/// A key that whoever calls over the network must know: SDKs send it as `Authorization: Bearer <key>`.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key: visible ASCII characters without spaces, because it stands in a header. Others are refused when a service
    /// starts.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Whether a call could carry it.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// Whether it is the same. How long that takes tells nothing but the length.
    pub(crate) fn matches(&self, given: &[u8]) -> bool {
        let pairs = self.0.bytes().zip(given);
        let differences = pairs.fold(0, |differences, (own, given)| {
            black_box(differences | (own ^ given))
        });
        differences == 0 && self.0.len() == given.len()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_key_matches() {
        let key = ApiKey::new("correct-horse");
        assert!(key.matches(b"correct-horse"));
        for wrong in ["", "correct", "correct-horse-battery", "correct-horsf"] {
            assert!(!key.matches(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn it_is_never_shown() {
        assert_eq!(format!("{:?}", ApiKey::new("secret")), "ApiKey(..)");
    }

    #[test]
    fn what_a_header_cannot_carry_is_no_key() {
        assert!(ApiKey::new("a.B-9_/+=").is_sendable());
        for bad in ["", "a b", "a\n", "schlüssel"] {
            assert!(!ApiKey::new(bad).is_sendable(), "{bad}");
        }
    }
}
