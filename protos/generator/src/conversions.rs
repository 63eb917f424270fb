//! What prost leaves out for the two oneofs that everything turns on, the attributes of events and
//! of commands: building one without naming the box, and the type that belongs to each variant.

use std::fmt::Write as _;
use std::io;

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// A oneof and the enum that repeats its discriminant on the wire.
pub(crate) struct Kind {
    /// The oneof's path as prost-build takes it.
    pub(crate) oneof: &'static str,
    /// What every field's name ends with and the enum's values leave out.
    suffix: &'static str,
    /// Name of the enum in `temporal.api.enums.v1`.
    kind: &'static str,
}

/// All their variants are boxed. All, so that nobody has to remember which.
pub(crate) const KINDS: [Kind; 2] = [
    Kind {
        oneof: ".temporal.api.history.v1.HistoryEvent.attributes",
        suffix: "_event_attributes",
        kind: "EventType",
    },
    Kind {
        oneof: ".temporal.api.command.v1.Command.attributes",
        suffix: "_command_attributes",
        kind: "CommandType",
    },
];

/// The Rust text of all conversions.
pub(crate) fn conversions(descriptors: &FileDescriptorSet) -> io::Result<String> {
    let mut text = String::new();
    for kind in &KINDS {
        let (file, message) = message_of(descriptors, kind.oneof)?;
        let values = values_of(descriptors, kind.kind)?;
        let oneof = format!(
            "super::{}::{}::Attributes",
            file.package().replace('.', "::"),
            message.name().to_snake_case()
        );
        render(&mut text, kind, &oneof, message, values)?;
    }
    Ok(text)
}

fn message_of<'a>(
    descriptors: &'a FileDescriptorSet,
    oneof: &str,
) -> io::Result<(&'a FileDescriptorProto, &'a DescriptorProto)> {
    descriptors
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(move |message| (file, message)))
        .find(|(file, message)| {
            oneof == format!(".{}.{}.attributes", file.package(), message.name())
        })
        .ok_or_else(|| io::Error::other(format!("the official descriptor has no `{oneof}`")))
}

fn values_of<'a>(
    descriptors: &'a FileDescriptorSet,
    kind: &str,
) -> io::Result<&'a EnumDescriptorProto> {
    descriptors
        .file
        .iter()
        .filter(|file| file.package() == "temporal.api.enums.v1")
        .flat_map(|file| &file.enum_type)
        .find(|item| item.name() == kind)
        .ok_or_else(|| io::Error::other(format!("the official descriptor has no enum `{kind}`")))
}

fn render(
    text: &mut String,
    kind: &Kind,
    oneof: &str,
    message: &DescriptorProto,
    values: &EnumDescriptorProto,
) -> io::Result<()> {
    let Kind {
        kind: name, suffix, ..
    } = kind;
    let mut arms = String::new();
    for field in message
        .field
        .iter()
        .filter(|field| field.oneof_index.is_some())
    {
        let variant = field.name().to_upper_camel_case();
        let source = format!(
            "super::{}",
            field.type_name().trim_start_matches('.').replace('.', "::")
        );
        write!(
            text,
            "impl From<{source}> for {oneof} {{\n    \
                 fn from(value: {source}) -> Self {{\n        \
                     Self::{variant}(Box::new(value))\n    }}\n}}\n"
        )
        .map_err(io::Error::other)?;

        let stem = field.name().strip_suffix(suffix).unwrap_or(field.name());
        let value = format!("{}_{}", name.to_snake_case(), stem).to_uppercase();
        if !values.value.iter().any(|known| known.name() == value) {
            let field = field.name();
            return Err(io::Error::other(format!(
                "`{name}` has no `{value}` for `{field}`"
            )));
        }
        let value = stem.to_upper_camel_case();
        writeln!(arms, "            Self::{variant}(_) => Kind::{value},")
            .map_err(io::Error::other)?;
    }
    let method = name.to_snake_case();
    write!(
        text,
        "impl {oneof} {{\n    \
             /// The type that belongs to these attributes.\n    \
             pub const fn {method}(&self) -> super::temporal::api::enums::v1::{name} {{\n        \
                 use super::temporal::api::enums::v1::{name} as Kind;\n        \
                 match self {{\n{arms}        }}\n    }}\n}}\n"
    )
    .map_err(io::Error::other)
}
