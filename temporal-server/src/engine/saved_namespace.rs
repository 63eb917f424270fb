//! A namespace as it is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use temporal_protos::namespace::BadBinaryInfo;

use super::execution::saved::Damaged;
use super::namespace::{Entry, Life, Settings};
use super::surroundings::Namespace;
use super::visibility::{Attributes, ValueType};

#[derive(Clone, PartialEq, prost::Message)]
struct SavedEntry {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    description: String,
    #[prost(string, tag = "3")]
    owner_email: String,
    #[prost(btree_map = "string, string", tag = "4")]
    data: BTreeMap<String, String>,
    #[prost(uint64, tag = "5")]
    retention: u64,
    /// Types by their number on the wire.
    #[prost(btree_map = "string, int32", tag = "6")]
    attributes: BTreeMap<String, i32>,
    /// The number of its state on the wire; none if it takes work.
    #[prost(int32, tag = "7")]
    state: i32,
    #[prost(btree_map = "string, message", tag = "8")]
    bad_binaries: BTreeMap<String, BadBinaryInfo>,
}

impl Entry {
    /// The namespace as it is stored.
    pub(crate) fn save(&self) -> Bytes {
        let Self {
            identity,
            settings:
                Settings {
                    description,
                    owner_email,
                    data,
                    retention,
                    life,
                    bad_binaries,
                },
            attributes,
        } = self;
        let saved = SavedEntry {
            name: identity.name.clone(),
            description: description.clone(),
            owner_email: owner_email.clone(),
            data: data.clone(),
            retention: u64::try_from(retention.as_nanos()).unwrap_or(u64::MAX),
            attributes: attributes
                .custom()
                .iter()
                .map(|(name, kind)| (name.clone(), kind.number()))
                .collect(),
            state: match life {
                Life::Registered => 0,
                other => other.state() as i32,
            },
            bad_binaries: bad_binaries.clone(),
        };
        saved.encode_to_vec().into()
    }

    /// The namespace that was stored under this id.
    pub(crate) fn restore(id: &str, stored: Bytes) -> Result<Self, Damaged> {
        let saved = SavedEntry::decode(stored)?;
        let life = match saved.state {
            0 => Life::Registered,
            number => [Life::Deprecated, Life::Deleted]
                .into_iter()
                .find(|life| life.state() as i32 == number)
                .ok_or_else(|| Damaged(format!("{number} is no state of a namespace")))?,
        };
        let mut attributes = Attributes::default();
        for (name, number) in &saved.attributes {
            let kind = ValueType::from_number(*number)
                .ok_or_else(|| Damaged(format!("{number} is no type of a search attribute")))?;
            attributes.add(name, kind);
        }
        Ok(Self {
            identity: Arc::new(Namespace {
                id: id.to_owned(),
                name: saved.name,
            }),
            settings: Settings {
                description: saved.description,
                owner_email: saved.owner_email,
                data: saved.data,
                retention: Duration::from_nanos(saved.retention),
                life,
                bad_binaries: saved.bad_binaries,
            },
            attributes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_unknown_is_not_taken_for_another() {
        let restored = |state| {
            let saved = SavedEntry {
                state,
                ..SavedEntry::default()
            };
            Entry::restore("id", saved.encode_to_vec().into())
        };
        assert_eq!(restored(0).unwrap().settings.life, Life::Registered);
        assert!(restored(9).is_err());
    }
}
