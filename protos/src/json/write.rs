//! From the bytes of a message to JSON, in the order in which the protocol lists fields. What has the value that a field
//! has by itself is left out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};
use serde_json::Value;

use super::payload::{self, Form};
use super::types::{TYPES, tag};
use super::{ANY, DEEPEST, DURATION, FIELD_MASK, PAYLOAD, PAYLOADS, TIMESTAMP};
use super::{is_special, is_wrapper, packed_name, text};

/// What is deeper is indented no further, so that blanks never are the most of an answer.
const DEEPEST_INDENT: usize = 30;

/// How JSON is written. The default is one line, without shorthand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writing {
    /// On many lines, each indented by two spaces for each level.
    pub pretty: bool,
    /// Writes a payload that holds JSON as that JSON, and lists of them as lists.
    pub shorthand: bool,
}

/// The JSON of a message.
///
/// # Errors
/// The bytes are none of this message, or it has a time that JSON has no form for.
pub fn write(message: &str, wire: &[u8], how: Writing) -> Result<String, String> {
    let mut writer = Writer {
        out: String::new(),
        how,
        level: 0,
        is_fresh: false,
    };
    writer.message(message, wire, 0)?;
    Ok(writer.out)
}

/// A value as it stands in the bytes.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    Bytes(&'a [u8]),
}

/// All values of a message by the numbers of their fields.
type Raws<'a> = BTreeMap<u32, Vec<Raw<'a>>>;

fn raws(mut wire: &[u8]) -> Result<Raws<'_>, String> {
    let mut found = Raws::new();
    while !wire.is_empty() {
        let (number, kind) = decode_key(&mut wire).map_err(|error| error.to_string())?;
        let value = match kind {
            WireType::Varint => Raw::Varint(varint(&mut wire)?),
            WireType::SixtyFourBit => Raw::Eight(array(&mut wire)?),
            WireType::ThirtyTwoBit => Raw::Four(array(&mut wire)?),
            WireType::LengthDelimited => Raw::Bytes(delimited(&mut wire)?),
            WireType::StartGroup | WireType::EndGroup => return Err(broken("a group")),
        };
        found.entry(number).or_default().push(value);
    }
    Ok(found)
}

fn broken(what: &str) -> String {
    format!("the message has {what} where it should not")
}

fn varint(wire: &mut &[u8]) -> Result<u64, String> {
    decode_varint(wire).map_err(|error| error.to_string())
}

fn array<const N: usize>(wire: &mut &[u8]) -> Result<[u8; N], String> {
    let (value, rest) = wire.split_first_chunk().ok_or_else(|| broken("its end"))?;
    *wire = rest;
    Ok(*value)
}

fn delimited<'a>(wire: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = usize::try_from(varint(wire)?).unwrap_or(usize::MAX);
    let (value, rest) = wire
        .split_at_checked(length)
        .ok_or_else(|| broken("its end"))?;
    *wire = rest;
    Ok(value)
}

struct Writer {
    out: String,
    how: Writing,
    level: usize,
    /// Whether what was opened last has nothing in it.
    is_fresh: bool,
}

impl Writer {
    fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.level += 1;
        self.is_fresh = true;
    }

    fn close(&mut self, bracket: char) {
        self.level -= 1;
        if !std::mem::take(&mut self.is_fresh) {
            self.line();
        }
        self.out.push(bracket);
    }

    /// Begins one more of a list or an object.
    fn next(&mut self) {
        if !std::mem::take(&mut self.is_fresh) {
            self.out.push(',');
        }
        self.line();
    }

    fn line(&mut self) {
        if self.how.pretty {
            self.out.push('\n');
            let level = self.level.min(DEEPEST_INDENT);
            self.out.extend(std::iter::repeat_n("  ", level));
        }
    }

    fn key(&mut self, name: &str) {
        self.next();
        self.text(name);
        self.out.push_str(if self.how.pretty { ": " } else { ":" });
    }

    fn text(&mut self, text: &str) {
        self.put(&Value::from(text));
    }

    fn put(&mut self, shown: &impl std::fmt::Display) {
        // Writing to a text cannot fail.
        let _ = write!(self.out, "{shown}");
    }

    /// JSON as it is.
    fn json(&mut self, value: &Value) {
        match value {
            Value::Array(values) => {
                self.open('[');
                for value in values {
                    self.next();
                    self.json(value);
                }
                self.close(']');
            }
            Value::Object(values) => {
                self.open('{');
                for (key, value) in values {
                    self.key(key);
                    self.json(value);
                }
                self.close('}');
            }
            _ => self.put(value),
        }
    }

    fn message(&mut self, name: &str, wire: &[u8], depth: usize) -> Result<(), String> {
        // what came as deep as may be is told of within an answer
        if depth > 2 * DEEPEST {
            return Err("the message is too deep".to_owned());
        }
        match name {
            TIMESTAMP | DURATION => self.time(name, wire),
            FIELD_MASK => self.field_mask(wire),
            ANY => self.packed(wire, depth),
            PAYLOAD if self.how.shorthand => match payload::form(wire) {
                Form::Short(value) => {
                    self.json(&value);
                    Ok(())
                }
                Form::Null | Form::Long => self.object(name, wire, depth),
            },
            PAYLOADS if self.how.shorthand => self.payloads(wire, depth),
            _ if is_wrapper(name) => self.wrapped(name, wire, depth),
            _ => self.object(name, wire, depth),
        }
    }

    fn object(&mut self, name: &str, wire: &[u8], depth: usize) -> Result<(), String> {
        self.open('{');
        self.fields(name, wire, depth)?;
        self.close('}');
        Ok(())
    }

    fn fields(&mut self, name: &str, wire: &[u8], depth: usize) -> Result<(), String> {
        let known = TYPES.messages.get(name);
        let message: &DescriptorProto = known.ok_or_else(|| format!("there is no `{name}`"))?;
        let raws = raws(wire)?;
        for field in &message.field {
            if let Some(values) = raws.get(&tag(field)) {
                self.field(field, values, depth)?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &FieldDescriptorProto,
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<(), String> {
        if let Some([key, value]) = TYPES.map_entry(field) {
            return self.map(field, (key, value), values, depth);
        }
        if field.label() == Label::Repeated {
            self.key(field.json_name());
            self.open('[');
            for value in unpacked(field, values)? {
                self.next();
                self.value(field, value, depth)?;
            }
            self.close(']');
            return Ok(());
        }
        let Some(last) = values.last() else {
            return Ok(());
        };
        if field.r#type() == Type::Message {
            let whole = merged(values)?;
            self.key(field.json_name());
            return self.message(field.type_name(), &whole, depth + 1);
        }
        if field.oneof_index.is_none() && is_default(field, last) {
            return Ok(());
        }
        self.key(field.json_name());
        self.value(field, *last, depth)
    }

    fn map(
        &mut self,
        field: &FieldDescriptorProto,
        (key_field, value_field): (&FieldDescriptorProto, &FieldDescriptorProto),
        values: &[Raw<'_>],
        depth: usize,
    ) -> Result<(), String> {
        let mut entries = BTreeMap::new();
        for value in values {
            let entry = raws(of_bytes(value)?)?;
            let part = |field| {
                entry
                    .get(&tag(field))
                    .and_then(|found| found.last().copied())
            };
            let key = match part(key_field) {
                Some(Raw::Bytes(text)) => utf8(text)?.to_owned(),
                Some(Raw::Varint(number)) => number.cast_signed().to_string(),
                Some(_) => return Err(broken("a key")),
                None if key_field.r#type() == Type::String => String::new(),
                None => "0".to_owned(),
            };
            entries.insert(key, part(value_field));
        }
        self.key(field.json_name());
        self.open('{');
        for (key, value) in entries {
            self.key(&key);
            let value = value.unwrap_or_else(|| empty(value_field));
            self.value(value_field, value, depth)?;
        }
        self.close('}');
        Ok(())
    }

    fn value(
        &mut self,
        field: &FieldDescriptorProto,
        value: Raw<'_>,
        depth: usize,
    ) -> Result<(), String> {
        match (field.r#type(), value) {
            (Type::Message, Raw::Bytes(wire)) => {
                return self.message(field.type_name(), wire, depth + 1);
            }
            (Type::String, Raw::Bytes(bytes)) => self.text(utf8(bytes)?),
            (Type::Bytes, Raw::Bytes(bytes)) => self.text(&text::to_base64(bytes)),
            (Type::Bool, Raw::Varint(number)) => self.put(&(number != 0)),
            // as decoders do, of a number that is too long they keep what fits
            #[expect(clippy::cast_possible_truncation, reason = "see above")]
            (Type::Int32, Raw::Varint(number)) => self.put(&(number as i32)),
            #[expect(clippy::cast_possible_truncation, reason = "see above")]
            (Type::Uint32, Raw::Varint(number)) => self.put(&(number as u32)),
            (Type::Int64, Raw::Varint(number)) => self.text(&number.cast_signed().to_string()),
            (Type::Uint64, Raw::Varint(number)) => self.text(&number.to_string()),
            (Type::Enum, Raw::Varint(number)) => self.variant(field.type_name(), number),
            (Type::Double, Raw::Eight(bytes)) => {
                self.out.push_str(&text::number(f64::from_le_bytes(bytes)));
            }
            (Type::Float, Raw::Four(bytes)) => {
                self.out.push_str(&text::number(f32::from_le_bytes(bytes)));
            }
            _ => return Err(broken(&format!("`{}`", field.name()))),
        }
        Ok(())
    }

    fn variant(&mut self, name: &str, number: u64) {
        #[expect(clippy::cast_possible_truncation, reason = "decoders keep what fits")]
        let number = number as i32;
        let of = TYPES.enums.get(name);
        let found = of.and_then(|of| of.value.iter().find(|value| value.number() == number));
        match found {
            Some(value) => self.text(value.name()),
            None => self.put(&number),
        }
    }

    fn time(&mut self, name: &str, wire: &[u8]) -> Result<(), String> {
        let found = raws(wire)?;
        let part = |number| match found.get(&number).and_then(|values| values.last()) {
            Some(Raw::Varint(number)) => number.cast_signed(),
            _ => 0,
        };
        #[expect(clippy::cast_possible_truncation, reason = "decoders keep what fits")]
        let (seconds, nanos) = (part(1), part(2) as i32);
        let shown = match name {
            TIMESTAMP => text::from_timestamp(seconds, nanos),
            _ => text::from_duration(seconds, nanos),
        };
        let shown = shown.ok_or_else(|| {
            format!("{seconds} s and {nanos} ns is a time that JSON has no form for")
        })?;
        self.text(&shown);
        Ok(())
    }

    fn field_mask(&mut self, wire: &[u8]) -> Result<(), String> {
        let found = raws(wire)?;
        let mut paths = Vec::new();
        for path in found.get(&1).into_iter().flatten() {
            paths.push(text::camel_case(utf8(of_bytes(path)?)?.trim()));
        }
        paths.retain(|path| !path.is_empty());
        self.text(&paths.join(","));
        Ok(())
    }

    fn wrapped(&mut self, name: &str, wire: &[u8], depth: usize) -> Result<(), String> {
        let known = TYPES.messages.get(name);
        let field = known.and_then(|message| message.field.first());
        let field = field.ok_or_else(|| format!("there is no `{name}`"))?;
        let found = raws(wire)?;
        let value = found.get(&tag(field)).and_then(|values| values.last());
        self.value(field, value.copied().unwrap_or_else(|| empty(field)), depth)
    }

    /// What is not known, or does not read as what it says, is written as bytes.
    fn packed(&mut self, wire: &[u8], depth: usize) -> Result<(), String> {
        let found = raws(wire)?;
        let last = |number| found.get(&number).and_then(|values| values.last());
        let url = last(1).map_or(Ok(""), |url| utf8(of_bytes(url)?))?;
        let value = last(2).map_or(Ok(&[][..]), of_bytes)?;
        self.open('{');
        if !url.is_empty() {
            self.key("@type");
            self.text(url);
        }
        let name = packed_name(url);
        let before = (self.out.len(), self.level);
        let written = if is_special(&name) {
            self.key("value");
            self.message(&name, value, depth + 1)
        } else {
            self.fields(&name, value, depth + 1)
        };
        if written.is_err() {
            self.out.truncate(before.0);
            self.level = before.1;
            self.is_fresh = url.is_empty();
            if !value.is_empty() || !url.is_empty() {
                self.key("value");
                self.text(&text::to_base64(value));
            }
        }
        self.close('}');
        Ok(())
    }

    /// A list, if each of them has a place in one.
    fn payloads(&mut self, wire: &[u8], depth: usize) -> Result<(), String> {
        let found = raws(wire)?;
        let mut forms = Vec::new();
        for payload in found.get(&1).into_iter().flatten() {
            let one = of_bytes(payload)?;
            match payload::form(one) {
                Form::Long => return self.object(PAYLOADS, wire, depth),
                form => forms.push((form, one)),
            }
        }
        self.open('[');
        for (form, wire) in forms {
            self.next();
            match form {
                Form::Short(value) => self.json(&value),
                Form::Null | Form::Long => self.object(PAYLOAD, wire, depth + 1)?,
            }
        }
        self.close(']');
        Ok(())
    }
}

fn of_bytes<'a>(value: &Raw<'a>) -> Result<&'a [u8], String> {
    match value {
        Raw::Bytes(bytes) => Ok(bytes),
        _ => Err(broken("a number")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| broken("bytes that are no text"))
}

/// A message that comes in parts is all of them.
fn merged<'a>(values: &[Raw<'a>]) -> Result<Cow<'a, [u8]>, String> {
    if let [one] = values {
        return of_bytes(one).map(Cow::Borrowed);
    }
    let mut whole = Vec::new();
    for value in values {
        whole.extend_from_slice(of_bytes(value)?);
    }
    Ok(Cow::Owned(whole))
}

/// The values of a list; numbers may stand many in one.
fn unpacked<'a>(field: &FieldDescriptorProto, values: &[Raw<'a>]) -> Result<Vec<Raw<'a>>, String> {
    let mut all = Vec::with_capacity(values.len());
    for value in values {
        let is_long = matches!(field.r#type(), Type::Message | Type::String | Type::Bytes);
        let (Raw::Bytes(mut packed), false) = (*value, is_long) else {
            all.push(*value);
            continue;
        };
        while !packed.is_empty() {
            all.push(match field.r#type() {
                Type::Double => Raw::Eight(array(&mut packed)?),
                Type::Float => Raw::Four(array(&mut packed)?),
                _ => Raw::Varint(varint(&mut packed)?),
            });
        }
    }
    Ok(all)
}

/// Of a number that is too long, what fits may be nothing.
fn is_default(field: &FieldDescriptorProto, value: &Raw<'_>) -> bool {
    let is_short = matches!(field.r#type(), Type::Int32 | Type::Uint32 | Type::Enum);
    match value {
        Raw::Varint(number) if is_short => number.trailing_zeros() >= 32,
        Raw::Varint(number) => *number == 0,
        Raw::Eight(bytes) => *bytes == [0; 8],
        Raw::Four(bytes) => *bytes == [0; 4],
        Raw::Bytes(bytes) => bytes.is_empty(),
    }
}

/// What a field has by itself.
fn empty(field: &FieldDescriptorProto) -> Raw<'static> {
    match field.r#type() {
        Type::Message | Type::String | Type::Bytes => Raw::Bytes(&[]),
        Type::Double => Raw::Eight([0; 8]),
        Type::Float => Raw::Four([0; 4]),
        _ => Raw::Varint(0),
    }
}
