//! What UpdateNamespace changes of a namespace, in the order in which the real service looks at it. There is one cluster,
//! and no archive.

use std::collections::BTreeMap;

use temporal_protos::enums::{NamespaceState, ReplicationState};
use temporal_protos::namespace::{BadBinaryInfo, NamespaceConfig, UpdateNamespaceInfo};
use temporal_protos::replication::NamespaceReplicationConfig;

use super::namespace::{Life, Settings, check_retention};
use super::refusal::Refusal;
use super::time::{self, Time};

/// The name of the cluster.
pub(crate) const CLUSTER: &str = "active";

/// Bad binaries of a namespace.
const MAX_BAD_BINARIES: usize = 10;

/// A change as it is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamespaceChange {
    pub(crate) info: Option<UpdateNamespaceInfo>,
    pub(crate) config: Option<NamespaceConfig>,
    pub(crate) replication: Option<NamespaceReplicationConfig>,
    pub(crate) delete_bad_binary: String,
    pub(crate) promote: bool,
}

impl Settings {
    /// The settings after a change, and whether they are kept: bad binaries alone are only shown, as in the real service.
    pub(super) fn changed(
        &self,
        name: &str,
        now: Time,
        change: NamespaceChange,
    ) -> Result<(Self, bool), Refusal> {
        let mut changed = self.clone();
        let mut is_kept = changed.change_info(change.info)?;
        if let Some(config) = change.config {
            is_kept |= changed.change_config(now, config)?;
        }
        if !change.delete_bad_binary.is_empty() {
            let sum = change.delete_bad_binary;
            if changed.bad_binaries.remove(&sum).is_none() {
                return Err(Refusal::invalid(format!(
                    "Bad binary checksum {sum} doesn't exists."
                )));
            }
            is_kept = true;
        }
        if let Some(replication) = change.replication {
            changed.check_replication(&replication)?;
        }
        if change.promote {
            return Err(Refusal::invalid(format!(
                "global namespace is not enabled on this cluster, cannot update global namespace or promote local \
                 namespace: {name}"
            )));
        }
        Ok((changed, is_kept))
    }

    fn change_info(&mut self, info: Option<UpdateNamespaceInfo>) -> Result<bool, Refusal> {
        let Some(info) = info else { return Ok(false) };
        let before = self.clone();
        if !info.description.is_empty() {
            self.description = info.description;
        }
        if !info.owner_email.is_empty() {
            self.owner_email = info.owner_email;
        }
        self.data.extend(info.data);
        if info.state != NamespaceState::Unspecified as i32 {
            self.life = self.life.next(info.state)?;
        }
        Ok(*self != before)
    }

    fn change_config(&mut self, now: Time, config: NamespaceConfig) -> Result<bool, Refusal> {
        let retention = config.workflow_execution_retention_ttl;
        if let Some(retention) = &retention {
            self.retention = time::checked(Some(retention));
            check_retention(self.retention)?;
        }
        if let Some(bad) = config.bad_binaries {
            let marked = bad.binaries.into_iter().map(|(sum, info)| {
                let create_time = Some(now.to_proto());
                (
                    sum,
                    BadBinaryInfo {
                        create_time,
                        ..info
                    },
                )
            });
            self.bad_binaries.extend(marked);
            if self.bad_binaries.len() > MAX_BAD_BINARIES {
                return Err(Refusal::invalid(format!(
                    "Total resetBinaries cannot exceed the max limit: {MAX_BAD_BINARIES}"
                )));
            }
        }
        Ok(retention.is_some())
    }

    /// Nothing of it can be changed.
    fn check_replication(&self, config: &NamespaceReplicationConfig) -> Result<(), Refusal> {
        let state = ReplicationState::try_from(config.state);
        if !matches!(
            state,
            Ok(ReplicationState::Unspecified | ReplicationState::Normal)
        ) {
            if self.life != Life::Registered {
                return Err(Refusal::invalid(format!(
                    "update ReplicationState is only supported when namespace is in Registered state, current state: {}",
                    self.life.name()
                )));
            }
            return Err(Refusal::invalid(
                "Handover can only be set for global namespace",
            ));
        }
        let clusters = config.clusters.iter();
        let clusters: Vec<&str> = clusters.map(|one| one.cluster_name.as_str()).collect();
        check_clusters(&config.active_cluster_name, &clusters)
    }
}

/// A namespace is in this cluster; what is not said is no other.
pub(crate) fn check_clusters(active: &str, clusters: &[&str]) -> Result<(), Refusal> {
    let mut named = std::iter::once(active)
        .filter(|name| !name.is_empty())
        .chain(clusters.iter().copied());
    if let Some(other) = named.find(|name| *name != CLUSTER) {
        return Err(Refusal::invalid(format!("Invalid cluster name: {other}")));
    }
    if clusters.len() > 1 {
        return Err(Refusal::invalid("Invalid local namespace clusters"));
    }
    Ok(())
}

/// Bad binaries by their checksums.
pub(crate) type BadBinariesByChecksum = BTreeMap<String, BadBinaryInfo>;

impl Life {
    /// What follows, if it may.
    fn next(self, asked: i32) -> Result<Self, Refusal> {
        let asked = [Self::Registered, Self::Deprecated, Self::Deleted]
            .into_iter()
            .find(|life| life.state() as i32 == asked);
        match asked {
            Some(asked) if asked as u8 >= self as u8 => Ok(asked),
            _ => Err(Refusal::invalid("Invalid namespace state update.")),
        }
    }
}
