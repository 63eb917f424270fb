//! The namespaces of a service and the rows of their executions, behind locks. Short critical
//! sections only: nothing here waits. Where both locks are needed, namespaces come first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use temporal_protos::common::SearchAttributes;

use crate::engine::effect::VisibilityRow;
use crate::engine::namespace::{Entry, Namespaces};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::{Namespace, Surroundings};
use crate::engine::visibility::{Attributes, Index, check};

/// Namespaces, search attributes and visibility of one service.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    namespaces: RwLock<Namespaces>,
    index: Mutex<Index>,
}

impl Directory {
    /// The namespace that a call works in, or why it cannot.
    pub(crate) fn resolve(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        self.read(|namespaces| namespaces.resolve(name).map(|entry| entry.identity.clone()))
    }

    /// Looks at the namespaces.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Namespaces) -> T) -> T {
        look(
            &self
                .namespaces
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the namespaces.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Namespaces) -> T) -> T {
        change(
            &mut self
                .namespaces
                .write()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the search attributes of a namespace; rows are read again, because names may mean something else now.
    pub(crate) fn change_attributes(
        &self,
        change: impl FnOnce(&mut Namespaces) -> Result<&Entry, Refusal>,
    ) -> Result<(), Refusal> {
        let (id, attributes) = self.write(|namespaces| {
            change(namespaces).map(|entry| (entry.identity.id.clone(), entry.attributes.clone()))
        })?;
        self.index().reread(&id, &attributes);
        Ok(())
    }

    /// The rows of all executions.
    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a new run in lists, or what changed of a known one.
    pub(crate) fn show(&self, row: VisibilityRow) {
        self.read(|namespaces| {
            // A namespace may have been deleted while its run went on.
            if let Some(entry) = namespaces.by_name(&row.namespace.name) {
                self.index().upsert(row, &entry.attributes);
            }
        });
    }

    /// Takes a deleted run out of lists.
    pub(crate) fn hide(&self, namespace: &Namespace, run_id: &str) {
        self.index().remove(&namespace.id, run_id);
    }
}

impl Surroundings for Directory {
    fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        self.read(|namespaces| namespaces.by_name(name).map(|entry| entry.identity.clone()))
    }

    fn check_search_attributes(
        &self,
        namespace: &Namespace,
        given: &SearchAttributes,
    ) -> Result<SearchAttributes, String> {
        self.read(|namespaces| match namespaces.by_name(&namespace.name) {
            Some(entry) => check(&entry.attributes, &namespace.name, given),
            None => check(&Attributes::default(), &namespace.name, given),
        })
    }
}
