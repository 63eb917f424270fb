//! A closed run in little memory: what a store would keep of it, in one piece.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;

use super::restore::{Stored, StoredEvents};
use super::{Damaged, Mark, PartKey, PartKind, decode_events, encode_events};
use crate::engine::execution::Run;
use crate::engine::surroundings::Namespace;

/// A run that was packed. It takes about a tenth of what it took.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    namespace: Arc<Namespace>,
    workflow_id: Arc<str>,
    run_id: Arc<str>,
    body: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SavedRun {
    #[prost(bytes = "bytes", tag = "1")]
    birth: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    core: Bytes,
    #[prost(int64, tag = "3")]
    transitions: i64,
    #[prost(message, repeated, tag = "4")]
    parts: Vec<SavedPart>,
    #[prost(bytes = "bytes", tag = "5")]
    events: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SavedPart {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(bytes = "bytes", tag = "2")]
    key: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    value: Bytes,
}

impl Packed {
    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The id of the run.
    pub(crate) fn run_id(&self) -> &Arc<str> {
        &self.run_id
    }

    /// The run as it was, with the mark of what is in here.
    pub(crate) fn unpack(&self) -> Result<(Run, Mark), Damaged> {
        let saved = SavedRun::decode(self.body.clone())?;
        let parts: Result<_, Damaged> = saved.parts.into_iter().map(SavedPart::restore).collect();
        let mut events = StoredEvents::default();
        decode_events(saved.events, &mut events)?;
        let stored = Stored {
            workflow_id: self.workflow_id.to_string(),
            run_id: self.run_id.to_string(),
            birth: saved.birth,
            core: saved.core,
            transitions: saved.transitions,
            events,
            parts: parts?,
        };
        Run::from_stored(self.namespace.clone(), stored)
    }
}

impl SavedPart {
    fn restore(self) -> Result<(PartKey, Bytes), Damaged> {
        let kind = PartKind::from_number(self.kind)
            .ok_or_else(|| Damaged(format!("{} is no kind of part", self.kind)))?;
        let key = self.key.to_vec();
        Ok((PartKey { kind, key }, self.value))
    }
}

impl Run {
    /// Packs a closed run. Nothing waits in one: its queries go to workers directly.
    pub(crate) fn pack(&mut self) -> Packed {
        let mut mark = self.track();
        let Some(change) = self.changes(&mut mark) else {
            unreachable!("a run that nobody knows has changed");
        };
        let saved = SavedRun {
            birth: change.birth.unwrap_or_default(),
            core: change.core,
            transitions: change.transitions,
            parts: change
                .parts
                .into_iter()
                .filter_map(|(PartKey { kind, key }, value)| {
                    let (kind, key) = (kind as i64, key.into());
                    value.map(|value| SavedPart { kind, key, value })
                })
                .collect(),
            events: encode_events(change.events.iter().map(AsRef::as_ref), &change.batches).into(),
        };
        Packed {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
            body: saved.encode_to_vec().into(),
        }
    }
}
