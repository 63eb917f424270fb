//! Judges search attributes that clients and workers write, and decodes them. The texts are the
//! reference service's; what it cannot decode never reaches a row.

use bytes::Bytes;
use serde_json::Value as Json;
use temporal_protos::common::{Payload, SearchAttributes};

use super::attribute::{Attributes, ValueType, Writable};
use super::moment::Moment;
use super::row::Value;

/// The limits of one set of attributes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeLimits {
    pub(crate) keys: usize,
    pub(crate) value_bytes: usize,
    pub(crate) total_bytes: usize,
}

impl Default for AttributeLimits {
    fn default() -> Self {
        Self {
            keys: 100,
            value_bytes: 2 << 10,
            total_bytes: 40 << 10,
        }
    }
}

/// Checks attributes that a client or a worker wants to write, and returns them as events show them:
/// each with its type in the metadata. The error is the message of an INVALID_ARGUMENT.
pub(crate) fn check(
    attributes: &Attributes,
    namespace: &str,
    given: &SearchAttributes,
    limits: AttributeLimits,
) -> Result<SearchAttributes, String> {
    let fields = &given.indexed_fields;
    if fields.len() > limits.keys {
        return Err(format!(
            "number of search attributes {} exceeds limit {}",
            fields.len(),
            limits.keys
        ));
    }
    let mut out = SearchAttributes::default();
    for (name, payload) in fields {
        let kind = match attributes.writable(name) {
            Writable::Yes(kind) => kind,
            Writable::No => {
                return Err(format!("{name} attribute can't be set in SearchAttributes"));
            }
            Writable::Undefined => {
                return Err(format!(
                    "Namespace {namespace} has no mapping defined for search attribute {name}"
                ));
            }
        };
        if decode(payload, kind).is_err() {
            let (kind, value) = (kind.name(), described(payload));
            return Err(format!(
                "invalid value for search attribute {name} of type {kind}: {value}"
            ));
        }
        out.indexed_fields
            .insert(name.clone(), with_type(payload, kind));
    }
    check_size(given, limits)?;
    Ok(out)
}

fn check_size(given: &SearchAttributes, limits: AttributeLimits) -> Result<(), String> {
    for (name, payload) in &given.indexed_fields {
        let size = payload.data.len();
        let most = limits.value_bytes;
        if size > most {
            return Err(format!(
                "search attribute {name} value size {size} exceeds size limit {most}"
            ));
        }
    }
    let total = prost::Message::encoded_len(given);
    let most = limits.total_bytes;
    if total > most {
        return Err(format!(
            "total size of search attributes {total} exceeds size limit {most}"
        ));
    }
    Ok(())
}

/// A type that the writer put into the metadata stays.
fn with_type(payload: &Payload, kind: ValueType) -> Payload {
    let mut payload = payload.clone();
    payload
        .metadata
        .entry("type".to_owned())
        .or_insert_with(|| Bytes::from_static(kind.name().as_bytes()));
    payload
}

/// The payload does not hold a value of the type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

/// The value in a payload; a list of one stands for its element, an empty one and null for no value.
pub(super) fn decode(payload: &Payload, kind: ValueType) -> Result<Option<Value>, Undecodable> {
    let json = parsed(payload).ok_or(Undecodable)?;
    match (kind, &json) {
        (_, Json::Null) => Ok(None),
        (_, Json::Array(items)) if items.is_empty() => Ok(None),
        (ValueType::KeywordList, Json::Array(items)) => {
            // A null among the items is an empty word, as in the reference.
            let words = items.iter().map(|item| match item {
                Json::String(word) => Ok(word.clone()),
                Json::Null => Ok(String::new()),
                _ => Err(Undecodable),
            });
            words
                .collect::<Result<_, _>>()
                .map(|words| Some(Value::Keywords(words)))
        }
        (_, Json::Array(items)) if items.len() == 1 => scalar(&items[0], kind).map(Some),
        (_, json) => scalar(json, kind).map(Some),
    }
}

fn scalar(json: &Json, kind: ValueType) -> Result<Value, Undecodable> {
    let value = match (kind, json) {
        (ValueType::Text, Json::String(text)) => Some(Value::Text(text.clone())),
        (ValueType::Keyword, Json::String(text)) => Some(Value::Keyword(text.clone())),
        (ValueType::Datetime, Json::String(text)) => Moment::parse(text).map(Value::Time),
        (ValueType::Int, json) => json.as_i64().map(Value::Int),
        (ValueType::Double, json) => json.as_f64().map(Value::Double),
        (ValueType::Bool, json) => json.as_bool().map(Value::Bool),
        _ => None,
    };
    value.ok_or(Undecodable)
}

/// The JSON in a payload; a payload of nothing is null.
fn parsed(payload: &Payload) -> Option<Json> {
    match payload.metadata.get("encoding").map(AsRef::as_ref) {
        Some(b"binary/null") => Some(Json::Null),
        Some(b"json/plain") => serde_json::from_slice(&payload.data).ok(),
        _ => None,
    }
}

/// What a payload holds, in the words of the reference's refusals.
fn described(payload: &Payload) -> String {
    if let Some(json) = parsed(payload) {
        return printed(&json);
    }
    let mut parts: Vec<_> = payload
        .metadata
        .iter()
        .map(|(key, value)| {
            format!(
                "metadata:{{key:{key:?} value:{:?}}}",
                String::from_utf8_lossy(value)
            )
        })
        .collect();
    if !payload.data.is_empty() {
        parts.push(format!("data:{:?}", String::from_utf8_lossy(&payload.data)));
    }
    format!("value from <{}>", parts.join(" "))
}

/// A value as Go prints it: `map[a:1]`, `[a b]`, numbers and strings bare.
fn printed(json: &Json) -> String {
    match json {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |value| value.to_string()),
        Json::String(text) => text.clone(),
        Json::Array(items) => format!(
            "[{}]",
            items.iter().map(printed).collect::<Vec<_>>().join(" ")
        ),
        Json::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| format!("{key}:{}", printed(value)));
            format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
        }
    }
}
