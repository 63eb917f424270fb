//! The short form of payloads: JSON instead of JSON in base64. What would not be read back as what it was is written
//! out.

use prost::Message as _;
use serde_json::{Map, Value};

use super::text;
use crate::common::Payload;

const ENCODING: &str = "encoding";
const MESSAGE_TYPE: &str = "messageType";
/// Where the short form of a protobuf message says which one it is.
const SHORT_TYPE: &str = "_protoMessageType";

/// Whether JSON is a payload in the long form: what has `metadata` with an encoding, and nothing that a payload has not.
pub(super) fn is_written_out(json: &Value) -> bool {
    let is_base64 = |value: &Value| value.as_str().and_then(text::base64).is_some();
    let Value::Object(object) = json else {
        return false;
    };
    object.iter().all(|(key, value)| match key.as_str() {
        "metadata" => value.as_object().is_some_and(|metadata| {
            metadata.contains_key(ENCODING) && metadata.values().all(is_base64)
        }),
        "data" => is_base64(value),
        "externalPayloads" | "external_payloads" => value.is_array(),
        _ => false,
    }) && object.contains_key("metadata")
}

/// The bytes of the payload that the short form stands for, or what was expected.
pub(super) fn of(json: &Value) -> Result<Vec<u8>, &'static str> {
    let payload = match json {
        Value::Null => made([(ENCODING, "binary/null")], Vec::new()),
        Value::Object(object) if object.contains_key(SHORT_TYPE) => {
            let mut object = object.clone();
            let Some(Value::String(name)) = object.remove(SHORT_TYPE) else {
                return Err("a name in `_protoMessageType`");
            };
            let metadata = [(ENCODING, "json/protobuf"), (MESSAGE_TYPE, &name)];
            made(metadata, Value::Object(object).to_string().into())
        }
        _ => made([(ENCODING, "json/plain")], json.to_string().into()),
    };
    Ok(payload.encode_to_vec())
}

fn made<const N: usize>(metadata: [(&str, &str); N], data: Vec<u8>) -> Payload {
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec().into()));
    Payload {
        metadata: metadata.into(),
        data: data.into(),
        ..Payload::default()
    }
}

/// How a payload is written.
pub(super) enum Form {
    Short(Value),
    /// Written out, and yet at home in a list of short ones.
    Null,
    Long,
}

pub(super) fn form(wire: &[u8]) -> Form {
    let Ok(payload) = Payload::decode(wire) else {
        return Form::Long;
    };
    let metadata = |key: &str| payload.metadata.get(key).map(|value| &value[..]);
    let of_data = || {
        serde_json::from_slice(&payload.data)
            .ok()
            .filter(|value: &Value| !is_written_out(value) && value.get(SHORT_TYPE).is_none())
    };
    if !payload.external_payloads.is_empty() {
        return Form::Long;
    }
    let short = match (metadata(ENCODING), payload.metadata.len()) {
        (Some(b"binary/null"), _) => return Form::Null,
        (Some(b"json/plain"), 1) => of_data(),
        (Some(b"json/protobuf"), 2) => match (metadata(MESSAGE_TYPE), of_data()) {
            (Some(name), Some(Value::Object(object))) => named(name, object),
            _ => None,
        },
        _ => None,
    };
    short.map_or(Form::Long, Form::Short)
}

fn named(name: &[u8], mut object: Map<String, Value>) -> Option<Value> {
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty())?;
    object.insert(SHORT_TYPE.to_owned(), name.into());
    Some(Value::Object(object))
}
