//! The workflows of a service, by namespace and id. Finding one makes no key.

use std::collections::HashMap;
use std::collections::hash_map;
use std::sync::Arc;

use super::entry::Entry;
use crate::engine::surroundings::Namespace;

/// Workflows by namespace, then by id.
#[derive(Debug, Default)]
pub(super) struct Workflows(HashMap<String, HashMap<Arc<str>, Arc<Entry>>>);

impl Workflows {
    /// The workflow of this id.
    pub(super) fn get(&self, namespace: &Namespace, workflow_id: &str) -> Option<&Arc<Entry>> {
        self.0.get(&namespace.id)?.get(workflow_id)
    }

    /// Adds a workflow, in place of any of its id.
    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        if !self.0.contains_key(&entry.namespace.id) {
            self.0.insert(entry.namespace.id.clone(), HashMap::new());
        }
        if let Some(workflows) = self.0.get_mut(&entry.namespace.id) {
            workflows.insert(entry.workflow_id.clone(), entry);
        }
    }

    /// Removes a workflow, but not another one of the same id.
    pub(super) fn remove(&mut self, entry: &Arc<Entry>) {
        let Some(workflows) = self.0.get_mut(&entry.namespace.id) else {
            return;
        };
        if let hash_map::Entry::Occupied(known) = workflows.entry(entry.workflow_id.clone())
            && Arc::ptr_eq(known.get(), entry)
        {
            known.remove();
        }
    }

    /// Removes all workflows of a namespace.
    pub(super) fn remove_namespace(&mut self, namespace: &Namespace) -> Vec<Arc<Entry>> {
        let workflows = self.0.remove(&namespace.id).unwrap_or_default();
        workflows.into_values().collect()
    }

    /// All workflows.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.0.values().flat_map(HashMap::values)
    }
}
