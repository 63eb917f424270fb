//! The entries of a run's maps, each stored by itself when it changes: a run with ten thousand signals writes one
//! entry for the next.

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::common::{Memo, SearchAttributes};
use temporal_protos::update::{Outcome, Request};

use super::activity::SavedActivity;
use super::{Mark, PartKey, PartKind, SavedNamespace};
use crate::engine::execution::Run;
use crate::engine::execution::child::Child;
use crate::engine::execution::timer::Timer;
use crate::engine::execution::undo::UndoMap;
use crate::engine::execution::update_registry::{State, Update};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedTimer {
    #[prost(int64, tag = "1")]
    pub(super) started_event_id: i64,
    #[prost(int64, tag = "2")]
    pub(super) due: i64,
    #[prost(bool, tag = "3")]
    pub(super) fired: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedChild {
    #[prost(int64, tag = "1")]
    pub(super) started_event_id: i64,
    #[prost(message, optional, tag = "2")]
    pub(super) namespace: Option<SavedNamespace>,
    #[prost(string, tag = "3")]
    pub(super) workflow_id: String,
    #[prost(string, tag = "4")]
    pub(super) run_id: String,
    #[prost(string, tag = "5")]
    pub(super) workflow_type: String,
    #[prost(int32, tag = "6")]
    pub(super) close_policy: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedUpdate {
    #[prost(uint64, tag = "1")]
    pub(super) serial: u64,
    #[prost(message, optional, tag = "2")]
    pub(super) request: Option<Request>,
    /// At most one of these three is set; none if it was only admitted.
    #[prost(uint64, optional, tag = "3")]
    pub(super) sent: Option<u64>,
    #[prost(int64, optional, tag = "4")]
    pub(super) accepted: Option<i64>,
    #[prost(message, optional, tag = "5")]
    pub(super) outcome: Option<Outcome>,
    #[prost(bool, tag = "6")]
    pub(super) in_history: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedRequestId {
    #[prost(int32, tag = "1")]
    pub(super) event_type: i32,
    #[prost(int64, tag = "2")]
    pub(super) event_id: i64,
    /// Whether a signal came with it.
    #[prost(bool, tag = "3")]
    pub(super) is_signal: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SavedProperties {
    #[prost(message, optional, tag = "1")]
    pub(super) memo: Option<Memo>,
    #[prost(message, optional, tag = "2")]
    pub(super) search_attributes: Option<SearchAttributes>,
}

type Parts = Vec<(PartKey, Option<Bytes>)>;

impl Run {
    /// The entries that were touched since the last call.
    pub(super) fn save_parts(&mut self, mark: &mut Mark) -> Parts {
        let mut parts = Parts::new();
        let number = |key: &i64| key.to_be_bytes().to_vec();
        let text = |key: &String| key.clone().into_bytes();
        collect(
            &mut parts,
            PartKind::Activity,
            &mut self.activities,
            number,
            |_, activity| SavedActivity::of(activity).encode_to_vec(),
        );
        collect(
            &mut parts,
            PartKind::Timer,
            &mut self.timers,
            text,
            |_, timer| save_timer(timer).encode_to_vec(),
        );
        collect(
            &mut parts,
            PartKind::Child,
            &mut self.children,
            number,
            |_, child| save_child(child).encode_to_vec(),
        );
        collect(
            &mut parts,
            PartKind::Signal,
            &mut self.signals,
            number,
            |_, _| Vec::new(),
        );
        collect(
            &mut parts,
            PartKind::Cancel,
            &mut self.cancels,
            number,
            |_, _| Vec::new(),
        );
        collect(
            &mut parts,
            PartKind::Update,
            &mut self.updates.known,
            text,
            |_, update| save_update(update).encode_to_vec(),
        );
        let signals = &self.signal_requests;
        collect(
            &mut parts,
            PartKind::RequestId,
            &mut self.request_ids,
            text,
            |id, (event_type, event_id)| {
                let saved = SavedRequestId {
                    event_type: (*event_type).into(),
                    event_id: *event_id,
                    is_signal: signals.contains(id),
                };
                saved.encode_to_vec()
            },
        );
        self.save_buffer(mark, &mut parts);
        self.save_properties(mark, &mut parts);
        parts
    }

    fn save_buffer(&mut self, mark: &mut Mark, parts: &mut Parts) {
        let kept = self.history.take_buffer_kept().min(mark.buffered);
        let buffered = self.history.buffered();
        let key = |place: usize| PartKey {
            kind: PartKind::Buffered,
            key: (place as u64).to_be_bytes().to_vec(),
        };
        for (place, event) in buffered.iter().enumerate().skip(kept) {
            parts.push((key(place), Some(event.encode_to_vec().into())));
        }
        parts.extend((buffered.len()..mark.buffered).map(|place| (key(place), None)));
        mark.buffered = buffered.len();
    }

    fn save_properties(&self, mark: &mut Mark, parts: &mut Parts) {
        let is_known = mark.properties.as_ref().is_some_and(|(memo, attributes)| {
            *memo == self.memo && *attributes == self.search_attributes
        });
        if is_known {
            return;
        }
        let saved = SavedProperties {
            memo: Some((*self.memo).clone()),
            search_attributes: Some((*self.search_attributes).clone()),
        };
        let key = PartKey {
            kind: PartKind::Properties,
            key: Vec::new(),
        };
        parts.push((key, Some(saved.encode_to_vec().into())));
        mark.properties = Some((self.memo.clone(), self.search_attributes.clone()));
    }
}

fn collect<K: Ord + Clone, V: Clone>(
    parts: &mut Parts,
    kind: PartKind,
    map: &mut UndoMap<K, V>,
    key: impl Fn(&K) -> Vec<u8>,
    encode: impl Fn(&K, &V) -> Vec<u8>,
) {
    for touched in map.take_touched() {
        let body = map
            .get(&touched)
            .map(|value| encode(&touched, value).into());
        let key = key(&touched);
        parts.push((PartKey { kind, key }, body));
    }
}

fn save_timer(timer: &Timer) -> SavedTimer {
    let Timer {
        started_event_id,
        due,
        fired,
    } = timer;
    SavedTimer {
        started_event_id: *started_event_id,
        due: due.as_nanos(),
        fired: *fired,
    }
}

fn save_child(child: &Child) -> SavedChild {
    let Child {
        started_event_id,
        namespace,
        workflow_id,
        run_id,
        workflow_type,
        close_policy,
    } = child;
    SavedChild {
        started_event_id: *started_event_id,
        namespace: Some(SavedNamespace::of(namespace)),
        workflow_id: workflow_id.clone(),
        run_id: run_id.clone(),
        workflow_type: workflow_type.clone(),
        close_policy: (*close_policy).into(),
    }
}

fn save_update(update: &Update) -> SavedUpdate {
    let Update {
        serial,
        request,
        state,
        in_history,
    } = update;
    let mut saved = SavedUpdate {
        serial: *serial,
        request: Some(request.clone()),
        in_history: *in_history,
        ..SavedUpdate::default()
    };
    match state {
        State::Admitted => {}
        State::Sent(stamp) => saved.sent = Some(*stamp),
        State::Accepted(event_id) => saved.accepted = Some(*event_id),
        State::Completed(outcome) => saved.outcome = Some((**outcome).clone()),
    }
    saved
}
