//! Patches of one run: which changes of the code it has taken. Never asks a worker: the marker is the memory.
//!
//! A change is taken when the code asks for it live, or when history has its marker. The marker is looked up before
//! the code runs, because the answer is needed at once; its event comes after the task like that of any command.
//!
//! | history | code | |
//! |---|---|---|
//! | new task | `patched`, `deprecate_patch` | taken; marker and search attribute are written |
//! | marker | `patched`, `deprecate_patch` | taken |
//! | no marker | `patched`, `deprecate_patch` | not taken |
//! | marker | neither | a mismatch |
//! | marker of `deprecate_patch` | neither | the marker is skipped |
//!
//! The marker and the attribute are those of the other SDKs, so any of them and any list of workflows can read them.

use std::collections::{BTreeMap, BTreeSet};

use temporal_protos::{
    command::{self as proto, command::Attributes},
    common::{Payload, Payloads, SearchAttributes},
    enums::CommandType,
    history::{
        HistoryEvent, MarkerRecordedEventAttributes, history_event::Attributes as EventAttributes,
    },
};

use super::{
    Machine, Mismatch,
    command::{Command, Issued},
};
use crate::convert::{json_payload, typed_payload};

/// The marker's name, as all SDKs on the official core write it.
pub(super) const MARKER: &str = "core_patch";
/// The search attribute that lists the changes a run has taken.
pub(super) const CHANGE_VERSION: &str = "TemporalChangeVersion";

const DATA: &str = "patch-data";

/// The service takes no longer value for a search attribute (contract rule 116). The other SDKs leave the attribute as
/// it is from there on, and so do we.
const LONGEST_LIST: usize = 2048;

/// A marker in history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct PatchMarker {
    pub(crate) id: String,
    /// It was written by `deprecate_patch`.
    pub(crate) deprecated: bool,
}

/// A marker that the task about to be replayed left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedPatch {
    pub(crate) id: String,
    /// The search attribute follows. It does not where the list was too long, and in histories of older SDKs.
    pub(crate) listed: bool,
}

/// What is known of the changes.
#[derive(Debug, Default)]
pub(super) struct Patches {
    /// What the code was told: asked again, the answer is the same and nothing is written.
    answers: BTreeMap<String, bool>,
    /// Markers in history: whether the attribute follows.
    recorded: BTreeMap<String, bool>,
    /// The event of a marker that was skipped: the attribute that may follow right behind goes with it.
    skipped: i64,
}

impl Machine {
    /// Before a task is replayed: the markers among its commands.
    pub(crate) fn recorded_patches(&mut self, patches: Vec<RecordedPatch>) {
        let recorded = &mut self.patches.recorded;
        recorded.extend(patches.into_iter().map(|p| (p.id, p.listed)));
    }

    /// Whether the run has taken a change, and the command that says so.
    pub(crate) fn patched(&mut self, id: &str, deprecated: bool, replaying: bool) -> bool {
        if let Some(answer) = self.patches.answers.get(id) {
            return *answer;
        }
        let recorded = self.patches.recorded.get(id).copied();
        let taken = !replaying || recorded.is_some();
        self.patches.answers.insert(id.to_owned(), taken);
        if taken {
            let marker = PatchMarker {
                id: id.to_owned(),
                deprecated,
            };
            self.issue(Command::RecordPatch(marker), Issued::Message);
            if let Some(list) = self.change_list()
                && recorded.unwrap_or(true)
            {
                self.issue(Command::ListPatches(list), Issued::Message);
            }
        }
        taken
    }

    /// All changes so far, sorted; `None` if that is more than the service takes.
    fn change_list(&self) -> Option<Vec<String>> {
        let taken: BTreeSet<&String> = (self.patches.answers.iter())
            .filter_map(|(id, taken)| taken.then_some(id))
            .collect();
        let list: Vec<String> = taken.into_iter().cloned().collect();
        let length = serde_json::to_vec(&list).map_or(0, |json| json.len());
        (length < LONGEST_LIST).then_some(list)
    }

    /// A marker: the code asked for the same change, or need not have asked any more.
    pub(super) fn patch_recorded(
        &mut self,
        event_id: i64,
        marker: &PatchMarker,
    ) -> Result<(), Mismatch> {
        let asked = self.outgoing.front().map(|out| &out.command);
        let same = matches!(asked, Some(Command::RecordPatch(p)) if p.id == marker.id);
        if marker.deprecated && !same {
            self.patches.skipped = event_id;
            return Ok(());
        }
        let expected = format!("patch `{}`", marker.id);
        self.confirm(event_id, &expected, |_| same).map(drop)
    }

    /// The attribute: that of a command, or of a marker that was skipped.
    pub(super) fn patches_listed(&mut self, event_id: i64) -> Result<(), Mismatch> {
        if event_id == self.patches.skipped + 1 {
            return Ok(());
        }
        self.confirm(event_id, "the list of patches", |c| {
            matches!(c, Command::ListPatches(_))
        })
        .map(drop)
    }
}

impl PatchMarker {
    /// From an event. A marker that cannot be read is none.
    pub(super) fn of(attributes: &MarkerRecordedEventAttributes) -> Option<Self> {
        if attributes.marker_name != MARKER {
            return None;
        }
        let data = attributes.details.get(DATA)?.payloads.first()?;
        serde_json::from_slice(&data.data).ok()
    }

    pub(super) fn command(&self) -> (CommandType, Attributes) {
        let payload = json_payload(self).unwrap_or_default();
        let attributes = proto::RecordMarkerCommandAttributes {
            marker_name: MARKER.to_owned(),
            details: BTreeMap::from([(
                DATA.to_owned(),
                Payloads {
                    payloads: vec![payload],
                },
            )]),
            ..Default::default()
        };
        (CommandType::RecordMarker, attributes.into())
    }
}

/// The markers among the events of a task's commands.
pub(super) fn recorded<'a>(events: impl Iterator<Item = &'a HistoryEvent>) -> Vec<RecordedPatch> {
    let mut patches: Vec<RecordedPatch> = Vec::new();
    let mut open = false;
    for event in events {
        match &event.attributes {
            Some(EventAttributes::MarkerRecordedEventAttributes(marker)) => {
                let marker = PatchMarker::of(marker);
                open = marker.is_some();
                patches.extend(marker.map(|m| RecordedPatch {
                    id: m.id,
                    listed: false,
                }));
            }
            Some(EventAttributes::UpsertWorkflowSearchAttributesEventAttributes(a))
                if open && lists_patches(a.search_attributes.as_ref()) =>
            {
                open = false;
                if let Some(patch) = patches.last_mut() {
                    patch.listed = true;
                }
            }
            _ => open = false,
        }
    }
    patches
}

/// Whether an upsert is the one that goes with a marker.
pub(crate) fn lists_patches(attributes: Option<&SearchAttributes>) -> bool {
    attributes.is_some_and(|a| a.indexed_fields.contains_key(CHANGE_VERSION))
}

pub(super) fn list_command(list: &[String]) -> (CommandType, Attributes) {
    let payload: Payload = typed_payload("KeywordList", json_payload(&list).unwrap_or_default());
    let attributes = proto::UpsertWorkflowSearchAttributesCommandAttributes {
        search_attributes: Some(SearchAttributes {
            indexed_fields: BTreeMap::from([(CHANGE_VERSION.to_owned(), payload)]),
        }),
    };
    (
        CommandType::UpsertWorkflowSearchAttributes,
        attributes.into(),
    )
}
