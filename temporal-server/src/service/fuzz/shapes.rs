//! Requests made up by the protocol's own descriptor: every field of every message may be there, with values that are
//! often those of things that exist.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::engine::fuzz::Random;

/// A message within a message within one, and so on, at most.
const DEEPEST: usize = 6;

/// One RPC.
#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) path: String,
    /// The name of its request.
    pub(super) input: String,
}

/// All messages of the protocol.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) methods: Vec<Method>,
    messages: BTreeMap<String, DescriptorProto>,
    enums: BTreeMap<String, Vec<i32>>,
}

/// Values that mean something to the service.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) run_ids: Vec<String>,
    pub(super) tokens: Vec<Bytes>,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let files = FileDescriptorSet::decode(temporal_protos::DESCRIPTOR).unwrap();
        let mut shapes = Self::default();
        for file in files.file {
            let package = format!(".{}", file.package());
            for service in &file.service {
                let methods = service.method.iter().filter(|m| !m.server_streaming());
                shapes.methods.extend(methods.map(|method| Method {
                    path: format!("{}.{}/{}", &package[1..], service.name(), method.name()),
                    input: method.input_type().to_owned(),
                }));
            }
            for message in file.message_type {
                shapes.add_message(&package, message);
            }
            for kind in file.enum_type {
                shapes.add_enum(&package, &kind);
            }
        }
        for method in &mut shapes.methods {
            method.path.insert(0, '/');
        }
        assert!(shapes.methods.len() > 140, "all services are listed");
        shapes
    }

    fn add_message(&mut self, outer: &str, message: DescriptorProto) {
        let name = format!("{outer}.{}", message.name());
        for nested in &message.nested_type {
            self.add_message(&name, nested.clone());
        }
        for kind in &message.enum_type {
            self.add_enum(&name, kind);
        }
        self.messages.insert(name, message);
    }

    fn add_enum(&mut self, outer: &str, kind: &EnumDescriptorProto) {
        let values = kind.value.iter().map(|value| value.number()).collect();
        self.enums
            .insert(format!("{outer}.{}", kind.name()), values);
    }

    /// A request of this RPC.
    pub(super) fn request(&self, method: &Method, known: &Known, random: &mut Random) -> Vec<u8> {
        // Some have most of their fields, some few.
        let often = 1 + random.below(4);
        let mut made = Made {
            shapes: self,
            known,
            random,
            often,
            // The namespace that everything is in is not to be deleted.
            spares_default: method.path.ends_with("DeleteNamespace"),
        };
        let mut bytes = Vec::new();
        made.message(&method.input, 0, &mut bytes);
        bytes
    }
}

/// A request in the making.
struct Made<'a> {
    shapes: &'a Shapes,
    known: &'a Known,
    random: &'a mut Random,
    /// A field is there so often, of five times.
    often: u64,
    spares_default: bool,
}

impl Made<'_> {
    fn message(&mut self, name: &str, depth: usize, into: &mut Vec<u8>) {
        if name == ".google.protobuf.Any" {
            return self.any(depth, into);
        }
        let shapes = self.shapes;
        let Some(message) = shapes.messages.get(name) else {
            return;
        };
        // Of a choice at most one is there, as senders have it.
        let mut chosen = BTreeMap::new();
        for field in &message.field {
            if let Some(choice) = field.oneof_index {
                chosen.entry(choice).or_insert_with(Vec::new).push(field);
            } else if self.is_there(field) {
                let count = match field.label() {
                    Label::Repeated => self.random.below(3),
                    _ => 1,
                };
                for _ in 0..count {
                    self.field(field, depth, into);
                }
            }
        }
        for fields in chosen.values() {
            let place = self.random.below(fields.len() + 1);
            if let Some(field) = fields.get(place) {
                self.field(field, depth, into);
            }
        }
    }

    fn is_there(&mut self, field: &FieldDescriptorProto) -> bool {
        // Without these a request is refused before anything else is looked at.
        let is_needed =
            ["namespace", "workflow_id", "task_token", "task_queue"].contains(&field.name());
        let often = if is_needed {
            self.often + 8
        } else {
            self.often
        };
        self.random.below(if is_needed { 12 } else { 5 }) < often
    }

    fn field(&mut self, field: &FieldDescriptorProto, depth: usize, into: &mut Vec<u8>) {
        let number = u32::try_from(field.number()).unwrap();
        let mut key = |wire| encode_key(number, wire, into);
        match field.r#type() {
            Type::Double | Type::Fixed64 | Type::Sfixed64 => {
                key(WireType::SixtyFourBit);
                let number =
                    [0.0, 1.0, -1.0, 0.5, 1e300, f64::NAN, f64::INFINITY][self.random.below(7)];
                into.extend(number.to_le_bytes());
            }
            Type::Float | Type::Fixed32 | Type::Sfixed32 => {
                key(WireType::ThirtyTwoBit);
                let number =
                    [0.0, 1.0, -1.0, 0.5, 1e30, f32::NAN, f32::INFINITY][self.random.below(7)];
                into.extend(number.to_le_bytes());
            }
            Type::Enum => {
                key(WireType::Varint);
                let number = self.variant(field.type_name());
                encode_varint(i64::from(number).cast_unsigned(), into);
            }
            Type::String => {
                key(WireType::LengthDelimited);
                let text = self.text(field.name());
                encode_varint(text.len() as u64, into);
                into.extend(text.bytes());
            }
            Type::Bytes => {
                key(WireType::LengthDelimited);
                let bytes = self.bytes(field.name());
                encode_varint(bytes.len() as u64, into);
                into.extend(bytes);
            }
            Type::Message | Type::Group => {
                key(WireType::LengthDelimited);
                let mut inner = Vec::new();
                if depth < DEEPEST {
                    self.message(field.type_name(), depth + 1, &mut inner);
                }
                encode_varint(inner.len() as u64, into);
                into.extend(inner);
            }
            _ => {
                key(WireType::Varint);
                encode_varint(self.number().cast_unsigned(), into);
            }
        }
    }

    /// What the protocol of updates sends.
    fn any(&mut self, depth: usize, into: &mut Vec<u8>) {
        let update = ".temporal.api.update.v1.";
        let kinds = ["Request", "Acceptance", "Rejection", "Response", "Nothing"];
        let name = format!("{update}{}", self.random.pick(&kinds));
        let mut value = Vec::new();
        self.message(&name, depth + 1, &mut value);
        let any = prost_types::Any {
            type_url: format!("type.googleapis.com/{}", &name[1..]),
            value,
        };
        into.extend(any.encode_to_vec());
    }

    fn variant(&mut self, kind: &str) -> i32 {
        let known = self.shapes.enums.get(kind).map_or(&[][..], |known| known);
        let place = self.random.below(known.len() + 1);
        known
            .get(place)
            .copied()
            .unwrap_or_else(|| [-1, 99, i32::MAX][self.random.below(3)])
    }

    fn number(&mut self) -> i64 {
        match self.random.below(4) {
            0 => self.random.below(10),
            1 => self.random.below(100_000),
            2 => [0, -1, 1 << 31, (1 << 31) - 1, 1_000_000_000][self.random.below(5)],
            _ => [
                i64::MAX,
                i64::MIN,
                1 << 40,
                253_402_300_799,
                -62_135_596_800,
            ][self.random.below(5)],
        }
    }

    fn text(&mut self, field: &str) -> String {
        let number = self.random.below(6);
        let rare = self.random.once_in(12);
        match field {
            _ if rare => self.nonsense(),
            "namespace" if self.spares_default => "other".into(),
            "namespace" => "default".into(),
            "workflow_id" => format!("w{number}"),
            "schedule_id" => format!("s{}", number % 2),
            "run_id" | "first_execution_run_id" | "id" if !self.known.run_ids.is_empty() => {
                self.known.run_ids[self.random.below(self.known.run_ids.len())].clone()
            }
            "activity_id" | "timer_id" | "request_id" | "update_id" => number.to_string(),
            "query" => self
                .random
                .pick(&[
                    "",
                    "WorkflowId = 'w1'",
                    "ExecutionStatus = 'Running' ORDER BY",
                    "StartTime > 1",
                ])
                .into(),
            "cron_schedule" | "cron_string" => self
                .random
                .pick(&[
                    "",
                    "@every 1s",
                    "* * * * *",
                    "0 0 30 2 *",
                    "@every 99999999h",
                    "*/0 * * * *",
                ])
                .into(),
            "name" | "task_queue" => self
                .random
                .pick(&["q", "probe", "sticky-0", "/_sys/q/3"])
                .into(),
            _ => match self.random.below(3) {
                0 => String::new(),
                1 => format!("text {number}"),
                _ => self.nonsense(),
            },
        }
    }

    fn nonsense(&mut self) -> String {
        let long = "x".repeat(1001);
        let texts = [
            "",
            "\0",
            "é",
            "'",
            "\"; DROP TABLE runs; --",
            "{{",
            "%s%n",
            "default",
            "temporal-sys-scheduler:s1",
            "00000000-0000-0000-0000-000000000000",
            "P1D",
            "America/New_York",
            "\u{202e}txt",
            &long,
        ];
        self.random.pick(&texts).to_owned()
    }

    fn bytes(&mut self, field: &str) -> Bytes {
        let tokens = &self.known.tokens;
        if field == "task_token" && !tokens.is_empty() && !self.random.once_in(8) {
            return tokens[self.random.below(tokens.len())].clone();
        }
        match self.random.below(3) {
            0 => Bytes::new(),
            1 => Bytes::from_static(b"\"text\""),
            _ => {
                let mut bytes = tokens.first().map_or_else(Vec::new, |token| token.to_vec());
                self.random.spoil(&mut bytes);
                bytes.into()
            }
        }
    }
}
