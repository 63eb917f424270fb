//! Values and payloads: exactly the encodings of the other SDKs, so that any of them can read what we write.
//!
//! | value | encoding |
//! |---|---|
//! | `()`, `None`, anything that is `null` in JSON | `binary/null` |
//! | `Vec<u8>`, `bytes::Bytes` | `binary/plain` |
//! | [`RawValue`] | as it came |
//! | everything else | `json/plain` |

mod arguments;
mod codec;
mod coding;
mod payload_fields;
mod raw;
#[cfg(test)]
mod tests;
mod time;

use std::any::Any;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use temporal_protos::common::Payload as RawPayload;

pub use self::{
    arguments::{Arguments, dynamic},
    codec::{CodecFuture, PayloadCodec},
    raw::RawValue,
};
pub(crate) use self::{
    coding::{Coding, decode_with},
    raw::{json_payload, protobuf_json, text_payload, typed_payload, user_metadata},
    time::{parse_rfc3339, proto_duration, proto_time, rfc3339, std_duration, std_time},
};
use crate::error::{Error, ErrorKind, Result};

/// The largest payload that is sent: the service refuses more (contract rule 116).
pub(crate) const MAX_PAYLOAD: usize = 2 * 1024 * 1024;

const ENCODING: &str = "encoding";
const JSON: &[u8] = b"json/plain";
const JSON_PROTOBUF: &[u8] = b"json/protobuf";
const NULL: &[u8] = b"binary/null";
const PLAIN: &[u8] = b"binary/plain";

/// A value that can cross the Temporal boundary: an argument, a result, a heartbeat detail.
///
/// Every type that is `Serialize`, `DeserializeOwned`, `Send` and `'static` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel through Temporal",
    label = "needs `Serialize`, `Deserialize` and `Send`",
    note = "for your own type: `#[derive(serde::Serialize, serde::Deserialize)]`; borrowed types cannot travel",
    note = "what activities share does not travel but is injected: take it as `&{Self}`"
)]
pub trait Payload: Sized + Send + 'static {
    #[doc(hidden)]
    fn encode(self) -> Result<RawPayload>;
    #[doc(hidden)]
    fn decode(payload: RawPayload) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Payload for T {
    fn encode(self) -> Result<RawPayload> {
        encode(self)
    }

    fn decode(payload: RawPayload) -> Result<Self> {
        decode(payload)
    }
}

/// How one type travels. Generated code has one for each payload type, at the user's span; everything else goes
/// through the two pointers and needs no bound.
pub struct Codec<T> {
    /// Encodes.
    pub enc: fn(T) -> Result<RawPayload>,
    /// Decodes.
    pub dec: fn(RawPayload) -> Result<T>,
}

/// The one place that asks for `T: Payload`.
#[must_use]
pub const fn codec<T: Payload>() -> Codec<T> {
    Codec {
        enc: T::encode,
        dec: T::decode,
    }
}

/// Encodes a value. Refused: what `serde_json` cannot write, and more than 2 MiB.
pub(crate) fn encode<T: Serialize + Send + 'static>(value: T) -> Result<RawPayload> {
    let mut value = Some(value);
    let any: &mut dyn Any = &mut value;
    let payload = if let Some(bytes) = any.downcast_mut::<Option<Vec<u8>>>() {
        raw::payload(PLAIN, bytes.take().unwrap_or_default().into())
    } else if let Some(bytes) = any.downcast_mut::<Option<Bytes>>() {
        raw::payload(PLAIN, bytes.take().unwrap_or_default())
    } else if let Some(raw) = any.downcast_mut::<Option<RawValue>>() {
        raw.take().map(RawValue::into_inner).unwrap_or_default()
    } else {
        json_payload(&value).map_err(|error| {
            Error::new(
                ErrorKind::Payload,
                format!("a `{}` cannot be encoded as JSON", short_type_name::<T>()),
            )
            .with_source(error)
        })?
    };
    if payload.data.len() > MAX_PAYLOAD {
        return Err(Error::new(
            ErrorKind::Payload,
            format!(
                "a `{}` of {} bytes is over the limit of 2 MiB for one payload: pass a reference to it (a path, a key) instead",
                short_type_name::<T>(),
                payload.data.len()
            ),
        ));
    }
    Ok(payload)
}

/// Decodes a value.
pub(crate) fn decode<T: DeserializeOwned + Send + 'static>(payload: RawPayload) -> Result<T> {
    let mut out: Option<T> = None;
    let any: &mut dyn Any = &mut out;
    if let Some(raw) = any.downcast_mut::<Option<RawValue>>() {
        *raw = Some(RawValue::new(payload));
    } else {
        let encoding = payload.metadata.get(ENCODING).cloned().unwrap_or_default();
        match &encoding[..] {
            JSON | JSON_PROTOBUF => out = Some(from_json(&payload.data)?),
            NULL => out = Some(from_json(b"null")?),
            PLAIN => {
                if let Some(bytes) = any.downcast_mut::<Option<Vec<u8>>>() {
                    *bytes = Some(payload.data.to_vec());
                } else if let Some(bytes) = any.downcast_mut::<Option<Bytes>>() {
                    *bytes = Some(payload.data);
                }
            }
            _ => {}
        }
        if out.is_none() {
            return Err(wrong_encoding::<T>(&encoding));
        }
    }
    out.ok_or_else(|| wrong_encoding::<T>(b""))
}

fn from_json<T: DeserializeOwned>(data: &[u8]) -> Result<T> {
    serde_json::from_slice(data).map_err(|error| {
        let shown: String = String::from_utf8_lossy(data).chars().take(80).collect();
        Error::new(
            ErrorKind::Payload,
            format!("`{shown}` is not a `{}`", short_type_name::<T>()),
        )
        .with_source(error)
    })
}

fn wrong_encoding<T>(encoding: &[u8]) -> Error {
    Error::new(
        ErrorKind::Payload,
        format!(
            "a payload with the encoding `{}` is not a `{}`",
            String::from_utf8_lossy(encoding),
            short_type_name::<T>()
        ),
    )
}

/// `my_crate::orders::Order` reads `Order`.
pub(crate) fn short_type_name<T: ?Sized>() -> &'static str {
    last_segment(std::any::type_name::<T>())
}

/// The last path segment of a type's name, without its arguments.
pub(crate) fn last_segment(type_name: &'static str) -> &'static str {
    let end = type_name.find('<').unwrap_or(type_name.len());
    let head = &type_name[..end];
    head.rsplit("::").next().unwrap_or(head)
}
