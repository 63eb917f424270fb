//! Histories as JSON, as the CLI and the web UI export them: protobuf's JSON form turned into its binary form, by the
//! descriptor of the protocol. Nothing is decoded here; what is not known is left out, as in the other SDKs.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;
use temporal_protos::{
    DESCRIPTOR,
    prost::{
        Message as _,
        encoding::{WireType, encode_key, encode_varint},
    },
    prost_types::{
        DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
        field_descriptor_proto::{Label, Type},
    },
};

use super::text;

const HISTORY: &str = ".temporal.api.history.v1.History";
const TIMESTAMP: &str = ".google.protobuf.Timestamp";
const DURATION: &str = ".google.protobuf.Duration";

/// The binary form of a history. `{"events": [..]}`, or the bare list that older web UIs export.
pub(super) fn history(json: &Value) -> Result<Vec<u8>, String> {
    let mut wire = Vec::new();
    match json {
        Value::Array(_) => {
            let events = BTreeMap::from([("events", json)]);
            TYPES.fields(HISTORY, &events, &mut Path::default(), &mut wire)?;
        }
        _ => TYPES.message(HISTORY, json, &mut Path::default(), &mut wire)?,
    }
    Ok(wire)
}

/// Where in the JSON something is, for errors: `events[3].eventTime`.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn within<T>(
        &mut self,
        step: String,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.0.push(step);
        let done = read(self)?;
        self.0.pop();
        Ok(done)
    }

    fn wrong(&self, value: &Value, expected: &str) -> String {
        let place = self.0.concat();
        let mut shown = value.to_string();
        if shown.chars().count() > 60 {
            shown = shown.chars().take(60).collect::<String>() + "…";
        }
        format!(
            "`{}` is `{shown}`, and {expected} was expected",
            place.trim_start_matches('.')
        )
    }
}

/// All messages and enums of the protocol, by their full names.
struct Types {
    messages: BTreeMap<String, DescriptorProto>,
    enums: BTreeMap<String, EnumDescriptorProto>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let mut types = Types {
        messages: BTreeMap::new(),
        enums: BTreeMap::new(),
    };
    // it is part of this binary, and a test reads all of it
    let files = FileDescriptorSet::decode(DESCRIPTOR).unwrap_or_default();
    for file in files.file {
        let package = format!(".{}", file.package());
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

    fn message(
        &self,
        name: &str,
        json: &Value,
        path: &mut Path,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let parsed = |parts: Option<(i64, i32)>, expected: &str, path: &Path| match parts {
            Some((seconds, nanos)) => Ok(prost_types::Duration { seconds, nanos }.encode_to_vec()),
            None => Err(path.wrong(json, expected)),
        };
        let given = json.as_str();
        match (name, json) {
            // a timestamp has the fields of a duration, with the same numbers
            (TIMESTAMP, _) => {
                let time = given.and_then(text::timestamp);
                out.extend(parsed(time, "a time such as `2026-01-31T12:00:00Z`", path)?);
                Ok(())
            }
            (DURATION, _) => {
                let time = given.and_then(text::duration);
                out.extend(parsed(time, "a duration such as `1.5s`", path)?);
                Ok(())
            }
            (_, Value::Object(object)) => {
                let fields: BTreeMap<&str, &Value> = object
                    .iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect();
                self.fields(name, &fields, path, out)
            }
            _ => Err(path.wrong(json, "an object")),
        }
    }

    fn fields(
        &self,
        name: &str,
        json: &BTreeMap<&str, &Value>,
        path: &mut Path,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let Some(message) = self.messages.get(name) else {
            return Ok(());
        };
        for field in &message.field {
            let found = json.get_key_value(field.json_name());
            let Some((key, value)) = found.or_else(|| json.get_key_value(field.name())) else {
                continue;
            };
            if !value.is_null() {
                path.within(format!(".{key}"), |path| {
                    self.field(field, value, path, out)
                })?;
            }
        }
        Ok(())
    }

    fn field(
        &self,
        field: &FieldDescriptorProto,
        json: &Value,
        path: &mut Path,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if field.label() != Label::Repeated {
            return self.value(field, json, path, out);
        }
        match (json, self.map_entry(field)) {
            (Value::Object(entries), Some([key_field, value_field])) => {
                for (key, value) in entries {
                    path.within(format!("[{key}]"), |path| {
                        let mut entry = Vec::new();
                        let key = Value::String(key.clone());
                        self.value(key_field, &key, path, &mut entry)?;
                        self.value(value_field, value, path, &mut entry)?;
                        bytes(field, &entry, out);
                        Ok(())
                    })?;
                }
                Ok(())
            }
            (Value::Array(values), None) => {
                for (at, value) in values.iter().enumerate() {
                    path.within(format!("[{at}]"), |path| {
                        self.value(field, value, path, out)
                    })?;
                }
                Ok(())
            }
            (_, Some(_)) => Err(path.wrong(json, "an object")),
            (_, None) => Err(path.wrong(json, "a list")),
        }
    }

    /// The fields of key and value, if the field is a map.
    fn map_entry(&self, field: &FieldDescriptorProto) -> Option<&[FieldDescriptorProto; 2]> {
        let entry = self.messages.get(field.type_name())?;
        entry.options.as_ref().filter(|o| o.map_entry())?;
        entry.field.as_slice().try_into().ok()
    }

    fn value(
        &self,
        field: &FieldDescriptorProto,
        json: &Value,
        path: &mut Path,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        match field.r#type() {
            Type::Message | Type::Group => {
                let mut inner = Vec::new();
                self.message(field.type_name(), json, path, &mut inner)?;
                bytes(field, &inner, out);
            }
            Type::String => {
                let text = json.as_str().ok_or_else(|| path.wrong(json, "a string"))?;
                bytes(field, text.as_bytes(), out);
            }
            Type::Bytes => {
                let decoded = json.as_str().and_then(text::base64);
                let decoded = decoded.ok_or_else(|| path.wrong(json, "base64"))?;
                bytes(field, &decoded, out);
            }
            Type::Enum => {
                // a value that is newer than this version is as good as none
                if let Some(number) = self.number(field.type_name(), json) {
                    varint(field, signed(i64::from(number)), out);
                }
            }
            _ => return number(field, json, path, out),
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

/// A number, or a truth.
fn number(
    field: &FieldDescriptorProto,
    json: &Value,
    path: &Path,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match field.r#type() {
        Type::Bool => {
            let value = match json {
                Value::Bool(value) => *value,
                Value::String(text) if text == "true" => true,
                Value::String(text) if text == "false" => false,
                _ => return Err(path.wrong(json, "true or false")),
            };
            varint(field, u64::from(value), out);
        }
        Type::Int32 | Type::Int64 => {
            let number = text::integer::<i64>(json);
            let number = number.ok_or_else(|| path.wrong(json, "a whole number"))?;
            varint(field, signed(number), out);
        }
        Type::Uint32 | Type::Uint64 => {
            let number = text::integer::<u64>(json);
            let number = number.ok_or_else(|| path.wrong(json, "a whole number"))?;
            varint(field, number, out);
        }
        Type::Double => {
            let number = text::float(json).ok_or_else(|| path.wrong(json, "a number"))?;
            encode_key(tag(field), WireType::SixtyFourBit, out);
            out.extend(number.to_le_bytes());
        }
        Type::Float => {
            let number = text::float(json).ok_or_else(|| path.wrong(json, "a number"))?;
            encode_key(tag(field), WireType::ThirtyTwoBit, out);
            #[expect(clippy::cast_possible_truncation, reason = "the field is that small")]
            out.extend((number as f32).to_le_bytes());
        }
        // the protocol has no field of these types; a test would tell of the first
        _ => return Err(path.wrong(json, "a type that this version knows")),
    }
    Ok(())
}

fn tag(field: &FieldDescriptorProto) -> u32 {
    u32::try_from(field.number()).unwrap_or_default()
}

fn bytes(field: &FieldDescriptorProto, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn varint(field: &FieldDescriptorProto, value: u64, out: &mut Vec<u8>) {
    encode_key(tag(field), WireType::Varint, out);
    encode_varint(value, out);
}

/// Negative numbers are written as their two's complement.
const fn signed(number: i64) -> u64 {
    number.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use temporal_protos::{
        enums::EventType,
        history::{History, history_event::Attributes},
    };

    use super::*;

    fn read(json: &Value) -> Result<History, String> {
        let wire = history(json)?;
        Ok(History::decode(&wire[..]).expect("what was written can be read"))
    }

    fn started(event_type: &str) -> Value {
        json!({
            "eventId": "1", "eventTime": "2026-11-21T14:49:23.457661285Z", "eventType": event_type,
            "taskId": 7, "somethingNew": [1],
            "workflowExecutionStartedEventAttributes": {
                "workflowType": {"name": "Hello"}, "attempt": 2, "firstWorkflowTaskBackoff": "1.5s",
                "workflow_id": "by the name of the protocol", "cronSchedule": null,
                "input": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IkFkYSI="}]},
                "retryPolicy": {"backoffCoefficient": 1.5, "maximumAttempts": 3}
            }
        })
    }

    #[test]
    fn an_event_is_read_with_all_it_says() {
        let history =
            read(&json!({"events": [started("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED")]})).unwrap();
        let event = &history.events[0];
        assert_eq!((event.event_id, event.task_id), (1, 7));
        assert_eq!(event.event_type(), EventType::WorkflowExecutionStarted);
        let time = event.event_time.unwrap();
        assert_eq!((time.seconds, time.nanos), (1_795_272_563, 457_661_285));
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(a)) = &event.attributes else {
            panic!("{event:?}")
        };
        assert_eq!(a.workflow_type.as_ref().unwrap().name, "Hello");
        assert_eq!(
            (a.attempt, a.workflow_id.as_str()),
            (2, "by the name of the protocol")
        );
        let backoff = a.first_workflow_task_backoff.unwrap();
        assert_eq!((backoff.seconds, backoff.nanos), (1, 500_000_000));
        let payload = &a.input.as_ref().unwrap().payloads[0];
        assert_eq!(
            (&payload.metadata["encoding"][..], &payload.data[..]),
            (&b"json/plain"[..], &b"\"Ada\""[..])
        );
        let retries = a.retry_policy.as_ref().unwrap();
        assert_eq!(
            (retries.backoff_coefficient, retries.maximum_attempts),
            (1.5, 3)
        );
    }

    #[test]
    fn older_exports_are_read() {
        let history = read(&json!([started("WorkflowExecutionStarted")])).unwrap();
        assert_eq!(
            history.events[0].event_type(),
            EventType::WorkflowExecutionStarted
        );
        let history = read(&json!({"events": [started("EVENT_TYPE_OF_NEXT_YEAR")]})).unwrap();
        assert_eq!(history.events[0].event_type(), EventType::Unspecified);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        for (events, message) in [
            (
                json!("none"),
                "`events` is `\"none\"`, and a list was expected",
            ),
            (
                json!([{"eventTime": "yesterday"}]),
                "`events[0].eventTime` is `\"yesterday\"`, and a time such as `2026-01-31T12:00:00Z` was expected",
            ),
            (
                json!([{}, {"eventId": 1.5}]),
                "`events[1].eventId` is `1.5`, and a whole number was expected",
            ),
            (
                json!([{"workflowTaskStartedEventAttributes": {"suggestContinueAsNew": "no"}}]),
                "`events[0].workflowTaskStartedEventAttributes.suggestContinueAsNew` is `\"no\"`, and true or false was expected",
            ),
        ] {
            assert_eq!(read(&json!({"events": events})).unwrap_err(), message);
        }
        assert!(
            read(&json!(7))
                .unwrap_err()
                .contains("an object was expected")
        );
    }

    /// Every field that a history can have is of a type that is read above.
    #[test]
    fn all_of_the_protocol_can_be_read() {
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![HISTORY.to_owned()];
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) || name == TIMESTAMP || name == DURATION {
                continue;
            }
            let message = TYPES
                .messages
                .get(&name)
                .unwrap_or_else(|| panic!("no {name}"));
            for field in &message.field {
                match field.r#type() {
                    Type::Message => open.push(field.type_name().to_owned()),
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
        assert!(seen.len() > 60, "{}", seen.len());
    }
}
