//! Protobuf's JSON form, both ways, by the descriptor: from JSON to the bytes of a message and back. No message is
//! decoded on the way, so what reads one reads all. Messages are named as descriptors name them, with a leading dot.
//! Nothing here panics on what it is given, and nesting is bounded; sizes are the caller's to bound.

mod parameter;
mod parse;
mod payload;
mod read;
mod text;
mod types;
mod write;

pub use parameter::set;
pub use read::{Reading, read, read_text};
pub use types::method;
pub use write::{Writing, write};

const TIMESTAMP: &str = ".google.protobuf.Timestamp";
const DURATION: &str = ".google.protobuf.Duration";
const FIELD_MASK: &str = ".google.protobuf.FieldMask";
const ANY: &str = ".google.protobuf.Any";
const PAYLOAD: &str = ".temporal.api.common.v1.Payload";
const PAYLOADS: &str = ".temporal.api.common.v1.Payloads";

/// A message within a message within one, and so on, at most; decoders of messages bound it alike.
const DEEPEST: usize = 100;

/// Whether a message is one of those around a single value, whose JSON is that value's.
fn is_wrapper(name: &str) -> bool {
    name.strip_prefix(".google.protobuf.")
        .is_some_and(|name| name.ends_with("Value"))
}

/// Whether a message has a JSON form of its own, which stands beside the type where it is packed.
fn is_special(name: &str) -> bool {
    [TIMESTAMP, DURATION, FIELD_MASK, ANY].contains(&name) || is_wrapper(name)
}

/// The name of what is packed, by its address; it is empty where there is none.
fn packed_name(type_url: &str) -> String {
    let name = type_url.rsplit('/').next().unwrap_or_default();
    format!(".{name}")
}
