//! Fields named in an address: by query parameters, or by parts of the path. What is set is appended to the bytes of the
//! message: decoders merge what comes in parts, and of a single value the last one counts.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::read::{bytes, double, field_mask, float, seconds, signed, varint};
use super::types::{TYPES, field};
use super::{DEEPEST, DURATION, FIELD_MASK, TIMESTAMP, is_wrapper, text};

/// Sets a field of a message: `path` is `execution.runId`, with the names of fields in either spelling, and for a map
/// `name[key]`. Lists take all values, others one. What the message has not is passed over, as the real service does.
///
/// # Errors
/// A value is none of the field; the text names the field.
pub fn set(message: &str, path: &str, values: &[&str], out: &mut Vec<u8>) -> Result<(), String> {
    let (path, key) = match path.strip_suffix(']').and_then(|path| path.split_once('[')) {
        Some((path, key)) => (path, Some(key)),
        None => (path, None),
    };
    let steps: Vec<&str> = path.split('.').take(DEEPEST).collect();
    let mut wire = Vec::new();
    if set_within(message, &steps, key, values, &mut wire)? {
        out.append(&mut wire);
    }
    Ok(())
}

fn set_within(
    message: &str,
    steps: &[&str],
    key: Option<&str>,
    values: &[&str],
    out: &mut Vec<u8>,
) -> Result<bool, String> {
    let known = TYPES.messages.get(message);
    let (Some((name, further)), Some(message)) = (steps.split_first(), known) else {
        return Ok(false);
    };
    let Some(field) = field(message, name) else {
        return Ok(false);
    };
    if further.is_empty() {
        return set_field(field, key, values, out).map(|()| true);
    }
    if field.r#type() != Type::Message || field.label() == Label::Repeated {
        return Err(format!("invalid path: \"{name}\" is not a message"));
    }
    let mut inner = Vec::new();
    let is_set = set_within(field.type_name(), further, key, values, &mut inner)?;
    if is_set {
        bytes(field, &inner, out);
    }
    Ok(is_set)
}

fn set_field(
    field: &FieldDescriptorProto,
    key: Option<&str>,
    values: &[&str],
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (TYPES.map_entry(field), key, values) {
        (Some([key_field, value_field]), Some(key), [value]) => {
            let mut entry = Vec::new();
            set_value(key_field, key, &mut entry)?;
            set_value(value_field, value, &mut entry)?;
            bytes(field, &entry, out);
            Ok(())
        }
        (None, None, [value]) => set_value(field, value, out),
        (None, None, values) if field.label() == Label::Repeated => values
            .iter()
            .try_for_each(|value| set_value(field, value, out)),
        (None, None, _) => Err(format!("too many values for field \"{}\"", field.name())),
        _ => Err(format!(
            "field \"{}\" takes one value for each key, or is no map",
            field.name()
        )),
    }
}

fn set_value(field: &FieldDescriptorProto, value: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let wrong = || {
        format!(
            "parsing field \"{}\": invalid value \"{value}\"",
            field.name()
        )
    };
    fn parsed<T: std::str::FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }
    match field.r#type() {
        Type::String => bytes(field, value.as_bytes(), out),
        Type::Bytes => bytes(field, &text::base64(value).ok_or_else(wrong)?, out),
        Type::Bool => varint(field, truth(value).ok_or_else(wrong)?.into(), out),
        Type::Enum => {
            let number = variant(field.type_name(), value).ok_or_else(wrong)?;
            varint(field, signed(number.into()), out);
        }
        Type::Int32 => {
            let number: i32 = parsed(value).ok_or_else(wrong)?;
            varint(field, signed(number.into()), out);
        }
        Type::Int64 => varint(field, signed(parsed(value).ok_or_else(wrong)?), out),
        Type::Uint32 => {
            let number: u32 = parsed(value).ok_or_else(wrong)?;
            varint(field, number.into(), out);
        }
        Type::Uint64 => varint(field, parsed(value).ok_or_else(wrong)?, out),
        Type::Double => double(field, parsed(value).ok_or_else(wrong)?, out),
        Type::Float => float(field, parsed(value).ok_or_else(wrong)?, out),
        _ => bytes(field, &message(field, value).ok_or_else(wrong)?, out),
    }
    Ok(())
}

/// The words of Go.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// By its whole name, or by a number that has one.
fn variant(name: &str, text: &str) -> Option<i32> {
    let values = &TYPES.enums.get(name)?.value;
    let number = text.parse::<i32>().ok();
    let found = values
        .iter()
        .find(|value| value.name() == text || Some(value.number()) == number);
    found.map(|value| value.number())
}

/// The bytes of the messages that have a text; no other can stand in an address.
fn message(field: &FieldDescriptorProto, value: &str) -> Option<Vec<u8>> {
    match field.type_name() {
        TIMESTAMP => text::timestamp(value).map(seconds),
        DURATION => text::duration_with_units(value).map(seconds),
        FIELD_MASK => Some(field_mask(value)),
        name if is_wrapper(name) => {
            let of: Option<&DescriptorProto> = TYPES.messages.get(name);
            let mut inner = Vec::new();
            set_value(of?.field.first()?, value, &mut inner).ok()?;
            Some(inner)
        }
        _ => None,
    }
}
