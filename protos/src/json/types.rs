//! All messages, enums and methods of the protocol by their names, as its descriptor has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::DESCRIPTOR;

/// By full names with a leading dot; methods by their paths, with the names of request and answer.
#[derive(Default)]
pub(super) struct Types {
    pub(super) messages: BTreeMap<String, DescriptorProto>,
    pub(super) enums: BTreeMap<String, EnumDescriptorProto>,
    methods: BTreeMap<String, (String, String)>,
}

/// Made for the first who asks.
pub(super) static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let mut types = Types::default();
    // it is part of this binary, and a test reads all of it
    let files = FileDescriptorSet::decode(DESCRIPTOR).unwrap_or_default();
    for file in files.file {
        let package = format!(".{}", file.package());
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", &package[1..], service.name(), method.name());
                let names = (method.input_type().into(), method.output_type().into());
                types.methods.insert(path, names);
            }
        }
        for message in file.message_type {
            types.add(&package, message);
        }
        for one in file.enum_type {
            types.enums.insert(format!("{package}.{}", one.name()), one);
        }
    }
    types
});

impl Types {
    fn add(&mut self, parent: &str, mut message: DescriptorProto) {
        let name = format!("{parent}.{}", message.name());
        for nested in std::mem::take(&mut message.nested_type) {
            self.add(&name, nested);
        }
        for one in std::mem::take(&mut message.enum_type) {
            self.enums.insert(format!("{name}.{}", one.name()), one);
        }
        self.messages.insert(name, message);
    }

    /// The fields of key and value, if the field is a map.
    pub(super) fn map_entry(
        &self,
        field: &FieldDescriptorProto,
    ) -> Option<&[FieldDescriptorProto; 2]> {
        let entry = self.messages.get(field.type_name())?;
        entry.options.as_ref().filter(|o| o.map_entry())?;
        entry.field.as_slice().try_into().ok()
    }
}

/// The messages of an RPC, request and answer, by its path `/package.Service/Method`.
#[must_use]
pub fn method(path: &str) -> Option<(&'static str, &'static str)> {
    let (request, answer) = TYPES.methods.get(path)?;
    Some((request, answer))
}

/// The number of a field as keys have it.
pub(super) fn tag(field: &FieldDescriptorProto) -> u32 {
    u32::try_from(field.number()).unwrap_or_default()
}

/// The field that goes by this name, in either of its spellings.
pub(super) fn field<'a>(
    message: &'a DescriptorProto,
    name: &str,
) -> Option<&'a FieldDescriptorProto> {
    let mut fields = message.field.iter();
    fields.find(|field| field.json_name() == name || field.name() == name)
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::*;

    /// Every field is of a type that is read and written, and names what there is.
    #[test]
    fn all_of_the_protocol_is_known() {
        for (name, message) in &TYPES.messages {
            for field in &message.field {
                match field.r#type() {
                    Type::Message => assert!(TYPES.messages.contains_key(field.type_name())),
                    Type::Enum => assert!(TYPES.enums.contains_key(field.type_name()), "{field:?}"),
                    Type::String
                    | Type::Bytes
                    | Type::Bool
                    | Type::Int32
                    | Type::Int64
                    | Type::Uint32
                    | Type::Uint64
                    | Type::Double
                    | Type::Float => {}
                    other => panic!("`{}` of {name} is {other:?}", field.name()),
                }
            }
        }
        assert!(TYPES.messages.len() > 700, "{}", TYPES.messages.len());
    }

    #[test]
    fn methods_have_their_messages() {
        let path = "/temporal.api.workflowservice.v1.WorkflowService/CountSchedules";
        let package = ".temporal.api.workflowservice.v1.";
        let names = method(path).map(|(q, a)| (q.strip_prefix(package), a.strip_prefix(package)));
        let expected = (
            Some("CountSchedulesRequest"),
            Some("CountSchedulesResponse"),
        );
        assert_eq!(names, Some(expected));
        assert_eq!(method("/a.B/C"), None);
    }
}
