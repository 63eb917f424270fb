//! The memo of a workflow: notes by key, which describing and listing show and nobody searches by.

use std::collections::BTreeMap;

use serde::Serialize;
use temporal_protos::common::{Memo as Proto, Payload as RawPayload};

use crate::{
    convert::{Payload, RawValue, encode, json_payload},
    error::{Error, ErrorKind, Result},
};

/// The memo of a workflow, as it is now.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// #[workflow]
/// async fn remembers(wf: &mut Wf) -> Result<String> {
///     let note: Option<String> = wf.memo().get("note")?;
///     Ok(note.unwrap_or_default())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memo(BTreeMap<String, RawPayload>);

/// Changes of a memo: what is not named stays.
///
/// ```
/// use temporal_runtime::prelude::*;
/// use temporal_runtime::MemoUpdate;
///
/// #[workflow]
/// async fn build(wf: &mut Wf) -> Result<()> {
///     wf.upsert_memo(MemoUpdate::new().set("step", "compile").remove("error"))?;
///     assert_eq!(wf.memo().get::<String>("step")?.as_deref(), Some("compile"));
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a change of the memo does nothing until you pass it to `wf.upsert_memo(..)`"]
pub struct MemoUpdate {
    fields: BTreeMap<String, RawPayload>,
    /// The first value that could not be encoded.
    broken: Option<String>,
}

impl Memo {
    /// A value; `None` if there is none for the key.
    ///
    /// # Errors
    /// It is of another type.
    pub fn get<T: Payload>(&self, key: &str) -> Result<Option<T>> {
        let value = self.0.get(key).cloned();
        value.map(T::decode).transpose()
    }

    /// A value as it came.
    #[must_use]
    pub fn raw(&self, key: &str) -> Option<RawValue> {
        self.0.get(key).cloned().map(RawValue::new)
    }

    /// All keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether it has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_proto(proto: Option<Proto>) -> Self {
        Self(proto.unwrap_or_default().fields)
    }

    pub(crate) fn fields(&self) -> &BTreeMap<String, RawPayload> {
        &self.0
    }

    /// What the memo is once the service has taken a command.
    pub(crate) fn upsert(&mut self, fields: &BTreeMap<String, RawPayload>) {
        for (key, payload) in fields {
            if is_null(payload) {
                self.0.remove(key);
            } else {
                self.0.insert(key.clone(), payload.clone());
            }
        }
    }
}

impl MemoUpdate {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key. A value that is `null` in JSON removes it.
    pub fn set(mut self, key: impl Into<String>, value: impl Serialize + Send + 'static) -> Self {
        let key = key.into();
        match encode(value) {
            Ok(payload) => drop(self.fields.insert(key, payload)),
            Err(error) => {
                let broken = format!("the memo `{key}` cannot be written: {error}");
                self.broken.get_or_insert(broken);
            }
        }
        self
    }

    /// Removes a key.
    pub fn remove(mut self, key: impl Into<String>) -> Self {
        let null = json_payload(&()).unwrap_or_default();
        self.fields.insert(key.into(), null);
        self
    }

    /// # Errors
    /// A value could not be encoded.
    pub(crate) fn into_fields(self) -> Result<BTreeMap<String, RawPayload>> {
        match self.broken {
            None => Ok(self.fields),
            Some(message) => Err(Error::new(ErrorKind::Payload, message)),
        }
    }
}

/// For a message of the wire; `None` for no memo at all.
pub(crate) fn to_proto(fields: &BTreeMap<String, RawPayload>) -> Option<Proto> {
    (!fields.is_empty()).then(|| Proto {
        fields: fields.clone(),
    })
}

/// What the service takes for the removal of a key.
fn is_null(payload: &RawPayload) -> bool {
    payload.data.is_empty()
        && payload
            .metadata
            .get("encoding")
            .is_none_or(|encoding| encoding == "binary/null")
        || payload.data == "null"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_keeps_what_an_update_does_not_name() {
        let mut memo = Memo::default();
        let first = MemoUpdate::new().set("a", 1).set("b", "old").set("c", true);
        memo.upsert(&first.into_fields().unwrap());
        let second = MemoUpdate::new().set("b", "new").remove("c").remove("d");
        let fields = second.into_fields().unwrap();
        assert_eq!(&fields["c"].metadata["encoding"][..], b"binary/null");
        memo.upsert(&fields);
        assert_eq!(memo.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(memo.get::<u32>("a").unwrap(), Some(1));
        assert_eq!(memo.get::<String>("b").unwrap().as_deref(), Some("new"));
        assert_eq!(memo.get::<u32>("c").unwrap(), None);
        assert!(memo.get::<bool>("b").is_err(), "of another type");
    }

    #[test]
    fn a_value_without_an_encoding_is_told_with_its_key() {
        let update = MemoUpdate::new()
            .set("fine", 1)
            .set("huge", vec![0_u8; 3 << 20]);
        let error = update.into_fields().unwrap_err();
        assert!(error.to_string().contains("the memo `huge`"), "{error}");
        assert_eq!(error.kind(), ErrorKind::Payload);
    }
}
