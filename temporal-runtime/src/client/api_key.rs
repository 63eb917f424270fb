//! The key that goes with each call. Shared by the clones of a connection, so that a new one counts for all. Never shown.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

use crate::error::{Error, ErrorKind, Result};

/// The key in use, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ApiKey(Arc<RwLock<Option<MetadataValue<Ascii>>>>);

impl ApiKey {
    /// Takes another key from the next call on.
    pub(crate) fn set(&self, key: &str) -> Result<()> {
        let sendable = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        let value = format!("Bearer {key}").parse::<MetadataValue<Ascii>>();
        let Some(mut value) = value.ok().filter(|_| sendable) else {
            return Err(Error::new(
                ErrorKind::Config,
                "the API key is empty or has characters that a header cannot carry: it is visible ASCII without spaces",
            ));
        };
        // keeps it out of `Debug` and of tables for compression
        value.set_sensitive(true);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    pub(crate) fn add_to(&self, headers: &mut MetadataMap) {
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*key {
            headers.insert("authorization", value.clone());
        }
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
    fn it_is_sent_as_a_bearer_token_and_shown_nowhere() {
        let (key, mut headers) = (ApiKey::default(), MetadataMap::new());
        key.add_to(&mut headers);
        assert!(headers.is_empty());
        key.set("first").unwrap();
        key.clone().set("second").unwrap();
        key.add_to(&mut headers);
        assert_eq!(headers.get("authorization").unwrap(), "Bearer second");
        assert!(!format!("{key:?} {headers:?}").contains("second"));
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused_without_showing_it() {
        for bad in ["", "two words", "line\n", "schlüssel"] {
            let error = ApiKey::default().set(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(
                bad.is_empty() || !error.to_string().contains(bad),
                "{error}"
            );
        }
    }
}
