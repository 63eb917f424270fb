//! A payload nobody has decoded yet.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use temporal_protos::common::Payload as RawPayload;

use super::{ENCODING, JSON, JSON_PROTOBUF, NULL, Payload};
use crate::error::{Error, ErrorKind, Result};

/// A value as it came over the wire: for dynamic handlers, and for values that are only passed on.
///
/// ```
/// use temporal_runtime::RawValue;
///
/// let value = RawValue::encode(vec![1, 2, 3])?;
/// assert_eq!(value.encoding(), "json/plain");
/// assert_eq!(value.decode::<Vec<u32>>()?, [1, 2, 3]);
/// # Ok::<(), temporal_runtime::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawValue(RawPayload);

impl RawValue {
    pub(crate) const fn new(payload: RawPayload) -> Self {
        Self(payload)
    }

    pub(crate) fn into_inner(self) -> RawPayload {
        self.0
    }

    /// Encodes a value.
    ///
    /// # Errors
    /// What JSON cannot express, and more than 2 MiB.
    pub fn encode<T: Payload>(value: T) -> Result<Self> {
        value.encode().map(Self)
    }

    /// Decodes the value.
    ///
    /// # Errors
    /// The payload is of another type, or has an encoding that this version does not know.
    pub fn decode<T: Payload>(&self) -> Result<T> {
        T::decode(self.0.clone())
    }

    /// The name of the encoding, such as `json/plain`.
    #[must_use]
    pub fn encoding(&self) -> &str {
        self.0
            .metadata
            .get(ENCODING)
            .and_then(|e| std::str::from_utf8(e).ok())
            .unwrap_or_default()
    }

    /// The encoded bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.0.data
    }

    /// What is said of the bytes under this name.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&[u8]> {
        self.0.metadata.get(name).map(|value| &value[..])
    }

    /// A payload from its parts, for codecs. One of the metadata is `encoding`.
    #[must_use]
    pub fn from_parts<N: Into<String>, V: Into<Vec<u8>>>(
        metadata: impl IntoIterator<Item = (N, V)>,
        data: impl Into<Vec<u8>>,
    ) -> Self {
        let metadata = metadata
            .into_iter()
            .map(|(name, value)| (name.into(), value.into().into()));
        Self(RawPayload {
            metadata: metadata.collect(),
            data: data.into().into(),
            ..RawPayload::default()
        })
    }

    /// The whole payload, metadata included, as protobuf has it: what codecs of all SDKs encrypt or compress.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    /// What [`to_bytes`](Self::to_bytes) gave, here or in another SDK.
    ///
    /// # Errors
    /// The bytes are no payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let payload = RawPayload::decode(Bytes::copy_from_slice(bytes)).map_err(|error| {
            Error::new(ErrorKind::Payload, "these bytes are no payload").with_source(error)
        })?;
        Ok(Self(payload))
    }
}

/// Only the converter writes raw values; they have no JSON form of their own.
impl Serialize for RawValue {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(
            "a `RawValue` travels only by itself, not inside another value",
        ))
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(
            "a `RawValue` travels only by itself, not inside another value",
        ))
    }
}

/// A payload with one piece of metadata.
pub(super) fn payload(encoding: &'static [u8], data: Bytes) -> RawPayload {
    RawPayload {
        metadata: BTreeMap::from([(ENCODING.to_owned(), Bytes::from_static(encoding))]),
        data,
        ..RawPayload::default()
    }
}

/// `json/plain`, or `binary/null` for what is `null` in JSON.
pub(crate) fn json_payload<T: Serialize>(
    value: &T,
) -> std::result::Result<RawPayload, serde_json::Error> {
    let data = serde_json::to_vec(value)?;
    Ok(if data == b"null" {
        payload(NULL, Bytes::new())
    } else {
        payload(JSON, data.into())
    })
}

/// Says which type of search attribute a payload holds: services and SDKs go by it.
pub(crate) fn typed_payload(kind: &'static str, mut payload: RawPayload) -> RawPayload {
    let kind = Bytes::from_static(kind.as_bytes());
    payload.metadata.insert("type".to_owned(), kind);
    payload
}

/// What people see of something: one line, and more.
pub(crate) fn user_metadata(
    summary: Option<&str>,
    details: Option<&str>,
) -> Option<temporal_protos::sdk::UserMetadata> {
    (summary.is_some() || details.is_some()).then(|| temporal_protos::sdk::UserMetadata {
        summary: summary.map(text_payload),
        details: details.map(text_payload),
    })
}

/// The JSON form of a protobuf message, under the message's name.
pub(crate) fn protobuf_json(message_type: &str, value: &serde_json::Value) -> RawPayload {
    let mut payload = payload(JSON_PROTOBUF, value.to_string().into());
    let name = Bytes::copy_from_slice(message_type.as_bytes());
    payload.metadata.insert("messageType".to_owned(), name);
    payload
}

/// Text, for summaries and details.
pub(crate) fn text_payload(text: &str) -> RawPayload {
    // a string always has a JSON form
    json_payload(&text).unwrap_or_default()
}
