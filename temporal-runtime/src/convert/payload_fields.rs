//! Where a message has payloads: found by the descriptor of the protocol, taken out, and put back.
//!
//! Not everything of that type is the user's: search attributes are read by the service, and of a marker only the
//! result of a local activity is a value, because every SDK reads the rest as it stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use bytes::{Buf, Bytes};
use prost::{
    Message,
    encoding::{
        DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
    },
};
use temporal_protos::{
    DESCRIPTOR,
    common::{Payload as RawPayload, Payloads},
    failure::Failure,
    prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet},
};

use super::raw::json_payload;

/// What is left of a failure's message once it is encoded, as in the other SDKs.
pub(super) const ENCODED_FAILURE: &str = "Encoded failure";

const PAYLOAD: &str = ".temporal.api.common.v1.Payload";
const PAYLOADS: &str = ".temporal.api.common.v1.Payloads";
const SEARCH_ATTRIBUTES: &str = ".temporal.api.common.v1.SearchAttributes";
const FAILURE: &str = ".temporal.api.failure.v1.Failure";
const ANY: &str = ".google.protobuf.Any";
/// Of the details of markers, the one that is a value of the user.
const MARKER_RESULT: &[u8] = b"result";
const MARKER_DETAILS: &[&str] = &[
    ".temporal.api.command.v1.RecordMarkerCommandAttributes.DetailsEntry",
    ".temporal.api.history.v1.MarkerRecordedEventAttributes.DetailsEntry",
];

/// What a field holds that has payloads, or may have.
#[derive(Debug, PartialEq, Eq)]
enum Field {
    Payload,
    Payloads,
    Message(String),
    Any,
}

/// The fields with payloads of each message that has any, by the messages' names with a leading dot.
static FIELDS: LazyLock<BTreeMap<String, BTreeMap<u32, Field>>> = LazyLock::new(|| {
    let mut messages = BTreeMap::new();
    // it is part of this binary, and a test reads all of it
    for file in FileDescriptorSet::decode(DESCRIPTOR)
        .unwrap_or_default()
        .file
    {
        let package = format!(".{}", file.package());
        for message in file.message_type {
            collect(&package, message, &mut messages);
        }
    }
    fields_of(&messages)
});

fn collect(
    parent: &str,
    mut message: DescriptorProto,
    messages: &mut BTreeMap<String, DescriptorProto>,
) {
    let name = format!("{parent}.{}", message.name());
    for nested in std::mem::take(&mut message.nested_type) {
        collect(&name, nested, messages);
    }
    messages.insert(name, message);
}

fn fields_of(
    messages: &BTreeMap<String, DescriptorProto>,
) -> BTreeMap<String, BTreeMap<u32, Field>> {
    let mut reached: BTreeSet<&str> = BTreeSet::from([PAYLOAD, PAYLOADS, ANY]);
    loop {
        let before = reached.len();
        for (name, message) in messages {
            let leads = |field: &FieldDescriptorProto| reached.contains(field.type_name());
            if name != SEARCH_ATTRIBUTES && message.field.iter().any(leads) {
                reached.insert(name);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let field_of = |field: &FieldDescriptorProto| {
        let kind = match field.type_name() {
            PAYLOAD => Field::Payload,
            PAYLOADS => Field::Payloads,
            ANY => Field::Any,
            other if reached.contains(other) => Field::Message(other.to_owned()),
            _ => return None,
        };
        Some((u32::try_from(field.number()).ok()?, kind))
    };
    let leaf = |name: &str| [PAYLOAD, PAYLOADS, ANY, SEARCH_ATTRIBUTES].contains(&name);
    messages
        .iter()
        .filter(|(name, _)| !leaf(name))
        .map(|(name, message)| {
            let fields = message.field.iter().filter_map(field_of).collect();
            (name.clone(), fields)
        })
        .filter(|(_, fields): &(_, BTreeMap<_, _>)| !fields.is_empty())
        .collect()
}

/// The payloads of one field.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) payloads: Vec<RawPayload>,
    /// The field has room for exactly one.
    pub(super) is_one: bool,
}

/// A message whose payloads were taken out.
#[derive(Debug)]
pub(super) struct Parsed {
    parts: Vec<Part>,
    /// In the order of the message.
    pub(super) groups: Vec<Group>,
}

/// A part of a message, in order.
#[derive(Debug)]
enum Part {
    /// As it came, with its keys.
    Plain(Bytes),
    Message(u32, Vec<Self>),
    /// The payloads of the group with this number.
    Group(u32, usize),
}

impl Parsed {
    /// Takes a message of this name apart; `None` if it is none. With `encode_attributes`, messages and stack traces of
    /// failures become payloads first.
    pub(super) fn new(name: &str, message: Bytes, encode_attributes: bool) -> Option<Self> {
        let mut parser = Parser {
            groups: Vec::new(),
            encode_attributes,
        };
        let parts = parser.parts(&format!(".{name}"), message)?;
        Some(Self {
            parts,
            groups: parser.groups,
        })
    }

    /// The message with its payloads, as they are now.
    pub(super) fn write(self) -> Bytes {
        let mut groups: Vec<Option<Group>> = self.groups.into_iter().map(Some).collect();
        let mut out = Vec::new();
        write(self.parts, &mut groups, &mut out);
        out.into()
    }
}

struct Parser {
    groups: Vec<Group>,
    encode_attributes: bool,
}

impl Parser {
    fn parts(&mut self, name: &str, mut message: Bytes) -> Option<Vec<Part>> {
        if self.encode_attributes && name == FAILURE {
            message = with_attributes(message)?;
        }
        let fields = FIELDS.get(name);
        let plain = MARKER_DETAILS.contains(&name) && !is_value(message.clone())?;
        let (Some(fields), false) = (fields, plain) else {
            return Some(vec![Part::Plain(message)]);
        };
        let (mut parts, mut rest, mut plain_from) = (Vec::new(), message.clone(), 0);
        while rest.has_remaining() {
            let at = message.len() - rest.len();
            let (tag, wire) = decode_key(&mut rest).ok()?;
            let field = fields.get(&tag);
            let (Some(field), WireType::LengthDelimited) = (field, wire) else {
                skip_field(wire, tag, &mut rest, DecodeContext::default()).ok()?;
                continue;
            };
            let value = delimited(&mut rest)?;
            if plain_from < at {
                parts.push(Part::Plain(message.slice(plain_from..at)));
            }
            plain_from = message.len() - rest.len();
            parts.push(self.part(field, tag, value)?);
        }
        if plain_from < message.len() {
            parts.push(Part::Plain(message.slice(plain_from..)));
        }
        Some(parts)
    }

    fn part(&mut self, field: &Field, tag: u32, value: Bytes) -> Option<Part> {
        Some(match field {
            Field::Payload => {
                let payloads = vec![RawPayload::decode(value).ok()?];
                self.group(tag, payloads, true)
            }
            Field::Payloads => {
                let payloads = Payloads::decode(value).ok()?.payloads;
                self.group(tag, payloads, false)
            }
            Field::Message(name) => Part::Message(tag, self.parts(name, value)?),
            Field::Any => Part::Message(tag, self.any(value)?),
        })
    }

    /// A message that names its type. One that cannot be read is left to who reads it.
    fn any(&mut self, value: Bytes) -> Option<Vec<Part>> {
        let any = prost_types::Any::decode(value.clone()).ok()?;
        let name = any.type_url.rsplit('/').next().unwrap_or_default();
        let name = format!(".{name}");
        let groups = self.groups.len();
        let Some(inner) = self.parts(&name, any.value.into()) else {
            self.groups.truncate(groups);
            return Some(vec![Part::Plain(value)]);
        };
        let url = prost_types::Any {
            type_url: any.type_url,
            value: Vec::new(),
        };
        // the value is the second field
        let url = Part::Plain(url.encode_to_vec().into());
        Some(vec![url, Part::Message(2, inner)])
    }

    fn group(&mut self, tag: u32, payloads: Vec<RawPayload>, is_one: bool) -> Part {
        self.groups.push(Group { payloads, is_one });
        Part::Group(tag, self.groups.len() - 1)
    }
}

/// A failure whose message and stack trace are a payload, if they are not yet. Its causes come later.
fn with_attributes(failure: Bytes) -> Option<Bytes> {
    let mut decoded = Failure::decode(failure).ok()?;
    if decoded.encoded_attributes.is_none() {
        let attributes = serde_json::json!({
            "message": decoded.message, "stack_trace": decoded.stack_trace,
        });
        decoded.encoded_attributes = json_payload(&attributes).ok();
        ENCODED_FAILURE.clone_into(&mut decoded.message);
        decoded.stack_trace.clear();
    }
    Some(decoded.encode_to_vec().into())
}

/// The next value, whose length stands before it.
fn delimited(rest: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
    (length <= rest.len()).then(|| rest.split_to(length))
}

/// Whether an entry of a marker's details is one of the user's values.
fn is_value(mut entry: Bytes) -> Option<bool> {
    while entry.has_remaining() {
        let (tag, wire) = decode_key(&mut entry).ok()?;
        if tag == 1 && wire == WireType::LengthDelimited {
            return Some(delimited(&mut entry)? == MARKER_RESULT);
        }
        skip_field(wire, tag, &mut entry, DecodeContext::default()).ok()?;
    }
    Some(false)
}

fn write(parts: Vec<Part>, groups: &mut [Option<Group>], out: &mut Vec<u8>) {
    for part in parts {
        match part {
            Part::Plain(bytes) => out.extend_from_slice(&bytes),
            Part::Message(tag, parts) => {
                let mut inner = Vec::new();
                write(parts, groups, &mut inner);
                delimit(tag, &inner, out);
            }
            Part::Group(tag, at) => {
                let Some(group) = groups.get_mut(at).and_then(Option::take) else {
                    continue;
                };
                let payloads = group.payloads;
                if !group.is_one {
                    delimit(tag, &Payloads { payloads }.encode_to_vec(), out);
                } else if let Some(payload) = payloads.first() {
                    delimit(tag, &payload.encode_to_vec(), out);
                }
            }
        }
    }
}

fn delimit(tag: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_protocol_that_can_have_payloads_is_known() {
        let names: Vec<&str> = FIELDS.keys().map(String::as_str).collect();
        for name in [
            ".temporal.api.common.v1.Header.FieldsEntry",
            ".temporal.api.common.v1.Memo.FieldsEntry",
            ".temporal.api.failure.v1.ApplicationFailureInfo",
            ".temporal.api.history.v1.HistoryEvent",
            ".temporal.api.protocol.v1.Message",
            ".temporal.api.query.v1.WorkflowQueryResult",
            ".temporal.api.sdk.v1.UserMetadata",
            ".temporal.api.update.v1.Outcome",
            ".temporal.api.workflow.v1.PendingActivityInfo",
            ".temporal.api.workflowservice.v1.RecordActivityTaskHeartbeatRequest",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        for name in [SEARCH_ATTRIBUTES, ".temporal.api.common.v1.DataBlob"] {
            assert!(!names.contains(&name), "{name}");
        }
        let failure = &FIELDS[FAILURE];
        assert_eq!(failure.get(&20), Some(&Field::Payload), "{failure:?}");
        for entry in MARKER_DETAILS {
            assert!(FIELDS.contains_key(*entry), "{entry}");
        }
    }
}
