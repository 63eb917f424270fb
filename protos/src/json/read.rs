//! From JSON to the bytes of a message. What does not fit is named with its place.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};
use serde_json::{Map, Value};

use super::parse::parse;
use super::types::{TYPES, Types, field, tag};
use super::{ANY, DEEPEST, DURATION, FIELD_MASK, PAYLOAD, PAYLOADS, TIMESTAMP};
use super::{is_special, is_wrapper, packed_name, payload, text};

/// How JSON is read. The default is strict, and knows no shorthand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Leaves out fields and names of enums that are not known, which a newer version may have written.
    pub lenient: bool,
    /// Takes any JSON for a payload that holds it, and a list of such for a list of payloads.
    pub shorthand: bool,
}

/// The bytes of a message.
///
/// # Errors
/// The JSON is none of this message; the text names the place.
pub fn read(message: &str, json: &Value, how: Reading) -> Result<Vec<u8>, String> {
    let mut wire = Vec::new();
    TYPES.message(message, json, &mut Place::new(how, &[]), &mut wire)?;
    Ok(wire)
}

/// The bytes of a message, from text. A field or a key of a map that stands there twice is refused, unless it is within
/// what is taken as it is: a payload in its short form.
///
/// # Errors
/// The text is no JSON, or none of this message.
pub fn read_text(message: &str, json: &[u8], how: Reading) -> Result<Vec<u8>, String> {
    let parsed = parse(json).map_err(|error| format!("it is no JSON: {error}"))?;
    let mut wire = Vec::new();
    let mut place = Place::new(how, &parsed.twice);
    TYPES.message(message, &parsed.value, &mut place, &mut wire)?;
    Ok(wire)
}

/// Where in the JSON something is, for errors: `events[3].eventTime`.
struct Place<'a> {
    steps: Vec<String>,
    /// The places that stood there before.
    twice: &'a [Vec<String>],
    how: Reading,
    /// Messages around this place.
    depth: usize,
}

impl<'a> Place<'a> {
    const fn new(how: Reading, twice: &'a [Vec<String>]) -> Self {
        Self {
            steps: Vec::new(),
            twice,
            how,
            depth: 0,
        }
    }

    fn within<T>(
        &mut self,
        step: String,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.steps.push(step);
        let done = read(self);
        self.steps.pop();
        done
    }

    /// Refuses a key of this object that stood there before.
    fn check_once(&self, what: &str, key: &str) -> Result<(), String> {
        let is_here = |place: &Vec<String>| {
            let Some((last, around)) = place.split_last() else {
                return false;
            };
            let steps = self.steps.iter().map(|step| bare(step));
            last == key && around.len() == self.steps.len() && steps.eq(around)
        };
        if !self.twice.iter().any(is_here) {
            return Ok(());
        }
        Err(match self.name().as_str() {
            "" => format!("duplicate {what} \"{key}\""),
            name => format!("duplicate {what} \"{key}\" in `{name}`"),
        })
    }

    fn name(&self) -> String {
        self.steps.concat().trim_start_matches('.').to_owned()
    }

    fn wrong(&self, value: &Value, expected: &str) -> String {
        let mut shown = value.to_string();
        if shown.chars().count() > 60 {
            shown = shown.chars().take(60).collect::<String>() + "…";
        }
        match self.name().as_str() {
            "" => format!("it is `{shown}`, and {expected} was expected"),
            name => format!("`{name}` is `{shown}`, and {expected} was expected"),
        }
    }
}

/// The key or the index of a step.
fn bare(step: &str) -> &str {
    step.strip_prefix('.').unwrap_or_else(|| {
        let inner = step.strip_prefix('[');
        inner
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(step)
    })
}

impl Types {
    fn message(
        &self,
        name: &str,
        json: &Value,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if place.depth >= DEEPEST {
            return Err(format!("`{}` is too deep", place.name()));
        }
        place.depth += 1;
        let done = self.content(name, json, place, out);
        place.depth -= 1;
        done
    }

    fn content(
        &self,
        name: &str,
        json: &Value,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let given = json.as_str();
        match (name, json) {
            (PAYLOAD, _) if place.how.shorthand && !payload::is_written_out(json) => {
                out.extend(payload::of(json).map_err(|expected| place.wrong(json, expected))?);
                Ok(())
            }
            (PAYLOADS, Value::Array(values)) if place.how.shorthand => {
                let field = self.messages.get(PAYLOADS).and_then(|m| m.field.first());
                field.map_or(Ok(()), |field| self.list(field, values, place, out))
            }
            // a timestamp has the fields of a duration, with the same numbers
            (TIMESTAMP, _) => {
                let time = given.and_then(text::timestamp);
                let time =
                    time.ok_or_else(|| place.wrong(json, "a time such as `2026-01-31T12:00:00Z`"))?;
                out.extend(seconds(time));
                Ok(())
            }
            (DURATION, _) => {
                let time = given.and_then(text::duration);
                let time = time.ok_or_else(|| place.wrong(json, "a duration such as `1.5s`"))?;
                out.extend(seconds(time));
                Ok(())
            }
            (FIELD_MASK, _) => {
                let mask = given.ok_or_else(|| place.wrong(json, "fields such as `a,b.c`"))?;
                out.extend(field_mask(mask));
                Ok(())
            }
            (ANY, Value::Object(object)) => self.packed(object, json, place, out),
            _ if is_wrapper(name) => {
                let field = self.messages.get(name).and_then(|m| m.field.first());
                field.map_or(Ok(()), |field| self.value(field, json, place, out))
            }
            (_, Value::Object(object)) => self.fields(name, object, None, place, out),
            _ => Err(place.wrong(json, "an object")),
        }
    }

    /// `{"@type": .., field: ..}`; what has a form of its own stands in `value`, and so do the bytes of what is not
    /// known, or is not what it is called.
    fn packed(
        &self,
        object: &Map<String, Value>,
        json: &Value,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let url = match object.get("@type") {
            Some(Value::String(url)) => url,
            None if object.is_empty() => return Ok(()),
            _ => return Err(place.wrong(json, "an object with `@type`")),
        };
        let name = packed_name(url);
        let given = object.get("value").filter(|_| object.len() == 2);
        let bytes = given.and_then(Value::as_str).and_then(text::base64);
        let mut value = Vec::new();
        match (self.messages.get(&name), bytes) {
            (Some(_), bytes) if is_special(&name) => {
                let inner = object.get("value").unwrap_or(&Value::Null);
                let read = place.within(".value".to_owned(), |place| {
                    self.message(&name, inner, place, &mut value)
                });
                match (read, bytes) {
                    (Err(_), Some(bytes)) => value = bytes,
                    (read, _) => read?,
                }
            }
            (Some(message), Some(bytes)) if field(message, "value").is_none() => value = bytes,
            (Some(_), _) => self.fields(&name, object, Some("@type"), place, &mut value)?,
            (None, Some(bytes)) => value = bytes,
            (None, None) => return Err(place.wrong(json, "a type that this version knows")),
        }
        let type_url = url.clone();
        out.extend(prost_types::Any { type_url, value }.encode_to_vec());
        Ok(())
    }

    fn fields(
        &self,
        name: &str,
        json: &Map<String, Value>,
        beside: Option<&str>,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let Some(message) = self.messages.get(name) else {
            return Ok(());
        };
        if !place.how.lenient {
            check_names(message, json, beside, place)?;
        }
        let mut chosen = BTreeSet::new();
        for field in &message.field {
            let found = json.get_key_value(field.json_name());
            let Some((key, value)) = found.or_else(|| json.get_key_value(field.name())) else {
                continue;
            };
            place.check_once("field", key)?;
            if value.is_null() {
                continue;
            }
            let is_second = field
                .oneof_index
                .is_some_and(|choice| !chosen.insert(choice));
            if is_second && !place.how.lenient {
                let name = place.name();
                return Err(format!(
                    "`{key}` of `{name}` is one too many: only one of them may be set"
                ));
            }
            place.within(format!(".{key}"), |place| {
                self.field(field, value, place, out)
            })?;
        }
        Ok(())
    }

    fn field(
        &self,
        field: &FieldDescriptorProto,
        json: &Value,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if field.label() != Label::Repeated {
            return self.value(field, json, place, out);
        }
        match (json, self.map_entry(field)) {
            (Value::Object(entries), Some([key_field, value_field])) => {
                for (key, value) in entries {
                    place.check_once("map key", key)?;
                    place.within(format!("[{key}]"), |place| {
                        let mut entry = Vec::new();
                        let key = Value::String(key.clone());
                        self.value(key_field, &key, place, &mut entry)?;
                        self.value(value_field, value, place, &mut entry)?;
                        bytes(field, &entry, out);
                        Ok(())
                    })?;
                }
                Ok(())
            }
            (Value::Array(values), None) => self.list(field, values, place, out),
            (_, Some(_)) => Err(place.wrong(json, "an object")),
            (_, None) => Err(place.wrong(json, "a list")),
        }
    }

    fn list(
        &self,
        field: &FieldDescriptorProto,
        values: &[Value],
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        for (at, value) in values.iter().enumerate() {
            place.within(format!("[{at}]"), |place| {
                self.value(field, value, place, out)
            })?;
        }
        Ok(())
    }

    fn value(
        &self,
        field: &FieldDescriptorProto,
        json: &Value,
        place: &mut Place<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        match field.r#type() {
            Type::Message | Type::Group => {
                let mut inner = Vec::new();
                self.message(field.type_name(), json, place, &mut inner)?;
                bytes(field, &inner, out);
            }
            Type::String => {
                let text = json.as_str().ok_or_else(|| place.wrong(json, "a string"))?;
                bytes(field, text.as_bytes(), out);
            }
            Type::Bytes => {
                let decoded = json.as_str().and_then(text::base64);
                let decoded = decoded.ok_or_else(|| place.wrong(json, "base64"))?;
                bytes(field, &decoded, out);
            }
            Type::Enum => match self.number(field.type_name(), json) {
                Some(number) => varint(field, signed(i64::from(number)), out),
                // a value that is newer than this version is as good as none
                None if place.how.lenient => {}
                None => return Err(place.wrong(json, "one of the enum's names")),
            },
            _ => return scalar(field, json, place, out),
        }
        Ok(())
    }

    /// The number of an enum's value: by number, by its name, or by the short name of older exports, such as
    /// `WorkflowExecutionStarted` for `EVENT_TYPE_WORKFLOW_EXECUTION_STARTED`.
    fn number(&self, name: &str, json: &Value) -> Option<i32> {
        let Value::String(given) = json else {
            return text::integer::<i64>(json)?.try_into().ok();
        };
        let of = self.enums.get(name)?;
        let letters = |text: &str| text.replace('_', "").to_ascii_uppercase();
        let short = letters(of.name()) + &letters(given);
        let values = &of.value;
        let found = values
            .iter()
            .find(|value| value.name() == given)
            .or_else(|| values.iter().find(|value| letters(value.name()) == short));
        found.map(|value| value.number())
    }
}

/// Every key is the name of a field, and no field has two.
fn check_names(
    message: &DescriptorProto,
    json: &Map<String, Value>,
    beside: Option<&str>,
    place: &Place<'_>,
) -> Result<(), String> {
    let mut names = BTreeMap::new();
    for field in &message.field {
        names.insert(field.json_name(), field.number());
        names.insert(field.name(), field.number());
    }
    let mut seen = BTreeSet::new();
    let within = |key: &str| match place.name().as_str() {
        "" => format!("\"{key}\""),
        name => format!("\"{key}\" in `{name}`"),
    };
    for key in json.keys().filter(|key| beside != Some(key.as_str())) {
        let Some(number) = names.get(key.as_str()) else {
            return Err(format!("unknown field {}", within(key)));
        };
        if !seen.insert(number) {
            return Err(format!("duplicate field {}", within(key)));
        }
    }
    Ok(())
}

/// A number, or a truth.
fn scalar(
    field: &FieldDescriptorProto,
    json: &Value,
    place: &Place<'_>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let whole = || place.wrong(json, "a whole number");
    match field.r#type() {
        Type::Bool => {
            let value = match json {
                Value::Bool(value) => *value,
                Value::String(text) if text == "true" => true,
                Value::String(text) if text == "false" => false,
                _ => return Err(place.wrong(json, "true or false")),
            };
            varint(field, u64::from(value), out);
        }
        Type::Int64 => {
            let number = text::integer::<i64>(json).ok_or_else(whole)?;
            varint(field, signed(number), out);
        }
        Type::Int32 => {
            let number = text::integer::<i32>(json).ok_or_else(whole)?;
            varint(field, signed(number.into()), out);
        }
        Type::Uint64 => varint(field, text::integer::<u64>(json).ok_or_else(whole)?, out),
        Type::Uint32 => {
            let number = text::integer::<u32>(json).ok_or_else(whole)?;
            varint(field, number.into(), out);
        }
        Type::Double => {
            let number = text::float(json).ok_or_else(|| place.wrong(json, "a number"))?;
            double(field, number, out);
        }
        Type::Float => {
            let number = text::float(json).ok_or_else(|| place.wrong(json, "a number"))?;
            float(field, number, out);
        }
        // the protocol has no field of these types; a test would tell of the first
        _ => return Err(place.wrong(json, "a type that this version knows")),
    }
    Ok(())
}

/// The bytes of a duration or a timestamp.
pub(super) fn seconds((seconds, nanos): (i64, i32)) -> Vec<u8> {
    prost_types::Duration { seconds, nanos }.encode_to_vec()
}

/// The bytes of a mask, from its one line.
pub(super) fn field_mask(line: &str) -> Vec<u8> {
    let paths = line.split(',').filter(|path| !path.trim().is_empty());
    let paths = paths.map(|path| text::snake_case(path.trim())).collect();
    prost_types::FieldMask { paths }.encode_to_vec()
}

pub(super) fn bytes(field: &FieldDescriptorProto, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

pub(super) fn varint(field: &FieldDescriptorProto, value: u64, out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::Varint, out);
    encode_varint(value, out);
}

pub(super) fn double(field: &FieldDescriptorProto, number: f64, out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::SixtyFourBit, out);
    out.extend(number.to_le_bytes());
}

pub(super) fn float(field: &FieldDescriptorProto, number: f64, out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::ThirtyTwoBit, out);
    #[expect(clippy::cast_possible_truncation, reason = "the field is that small")]
    out.extend((number as f32).to_le_bytes());
}

/// Negative numbers are written as their two's complement.
pub(super) const fn signed(number: i64) -> u64 {
    number.cast_unsigned()
}
