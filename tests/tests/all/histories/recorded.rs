//! A recorded history: protobuf JSON on disk, protobuf for the replayer, JSON again for what the tests ask of it.

use std::{path::PathBuf, sync::LazyLock};

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, prost::Message as _};
use serde_json::Value;
use temporal_protos::history::{History, HistoryEvent};
use temporal_runtime::replay::WorkflowHistory;

/// A history and the JSON it was read from.
pub(super) struct Recorded {
    json: Value,
    pub(super) history: WorkflowHistory,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("histories")
}

/// Decoding the descriptors takes longer than most replays, so it is done once.
fn history_type() -> MessageDescriptor {
    static TYPE: LazyLock<MessageDescriptor> = LazyLock::new(|| {
        DescriptorPool::decode(temporal_protos::DESCRIPTOR)
            .expect("the descriptor set is whole")
            .get_message_by_name("temporal.api.history.v1.History")
            .expect("the descriptor set has the history")
    });
    TYPE.clone()
}

/// The names of all recorded histories.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder of histories is part of the package")
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            name.strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// A recorded history as it was exported.
pub(super) fn text(name: &str) -> String {
    let path = folder().join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Recorded {
    pub(super) fn load(name: &str) -> Self {
        let (json, message) = Self::message(name);
        let history = WorkflowHistory::decode(&message.encode_to_vec())
            .expect("what was encoded can be decoded");
        Self { json, history }
    }

    /// The events of a recorded history, to be changed.
    pub(super) fn protos(name: &str) -> Vec<HistoryEvent> {
        let message = Self::message(name).1.encode_to_vec();
        History::decode(&*message)
            .expect("what was encoded can be decoded")
            .events
    }

    fn message(name: &str) -> (Value, DynamicMessage) {
        let json: Value = serde_json::from_str(&text(name)).expect("a history is JSON");
        let message = DynamicMessage::deserialize(history_type(), &json)
            .unwrap_or_else(|error| panic!("`{name}` is no history: {error}"));
        (json, message)
    }

    fn events(&self) -> &[Value] {
        self.json["events"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The type of the last event, without its prefix, and its attributes.
    pub(super) fn last_event(&self) -> (&str, &Value) {
        let last = self.events().last().expect("a history has events");
        let kind = last["eventType"].as_str().unwrap_or_default();
        (kind.trim_start_matches("EVENT_TYPE_"), attributes(last))
    }

    pub(super) fn workflow_type(&self) -> &str {
        attributes(&self.events()[0])["workflowType"]["name"]
            .as_str()
            .unwrap_or_default()
    }
}

fn attributes(event: &Value) -> &Value {
    event
        .as_object()
        .and_then(|event| {
            event
                .iter()
                .find(|(key, _)| key.ends_with("EventAttributes"))
        })
        .map_or(&Value::Null, |(_, attributes)| attributes)
}
