//! The namespaces of a service and the rows of their executions, behind locks. Short critical
//! sections only: nothing here waits. Where both locks are needed, namespaces come first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use temporal_protos::common::SearchAttributes;

use crate::engine::effect::VisibilityRow;
use crate::engine::execution::saved::Damaged;
use crate::engine::namespace::{Entry, Namespaces};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::{Namespace, Surroundings};
use crate::engine::visibility::{AttributeLimits, Attributes, Index, check};
use crate::store::{Loaded, Store};

/// Namespaces, search attributes and visibility of one service.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    namespaces: RwLock<Namespaces>,
    index: Mutex<Index>,
    attribute_limits: AttributeLimits,
    store: Option<Arc<Store>>,
}

/// What namespaces are in the store.
const RECORD: &str = "namespace";

impl Directory {
    /// A directory that is stored, with the namespaces that were.
    pub(crate) fn kept(store: Arc<Store>, loaded: &Loaded) -> Result<Self, Damaged> {
        let mut namespaces = Namespaces::default();
        for (kind, id, body) in &loaded.records {
            if kind == RECORD {
                namespaces.insert(Entry::restore(id, body.clone())?);
            }
        }
        Ok(Self {
            namespaces: RwLock::new(namespaces),
            index: Mutex::default(),
            attribute_limits: AttributeLimits::default(),
            store: Some(store),
        })
    }

    /// With other limits of what is written of search attributes.
    pub(crate) fn limited(self, attribute_limits: AttributeLimits) -> Self {
        Self {
            attribute_limits,
            ..self
        }
    }

    /// The namespace of this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Namespace>> {
        self.read(|namespaces| namespaces.by_id(id).map(|entry| entry.identity.clone()))
    }

    /// The namespace that a call works in, or why it cannot.
    pub(crate) fn resolve(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        self.read(|namespaces| namespaces.resolve(name).map(|entry| entry.identity.clone()))
    }

    /// The same, for a call that starts a workflow.
    pub(crate) fn resolve_for_start(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        self.read(|namespaces| {
            let entry = namespaces.resolve_for_start(name)?;
            Ok(entry.identity.clone())
        })
    }

    /// How long the namespace of this id keeps closed runs; one that is gone keeps none.
    pub(crate) fn retention(&self, id: &str) -> Duration {
        self.read(|namespaces| {
            namespaces
                .by_id(id)
                .map_or(Duration::ZERO, |entry| entry.settings.retention)
        })
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

    /// Changes the namespaces, and stores those that changed.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Namespaces) -> T) -> T {
        let mut namespaces = self
            .namespaces
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let answer = change(&mut namespaces);
        let touched = namespaces.take_touched();
        if let Some(store) = self.store.as_ref().filter(|_| !touched.is_empty()) {
            let mut unit = store.begin();
            for id in touched {
                match namespaces.by_id(&id) {
                    Some(entry) => unit.batch().put(RECORD, &id, entry.save()),
                    None => unit.batch().remove(RECORD, &id),
                }
            }
        }
        answer
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
            let entry = namespaces.by_name(&row.namespace.name);
            // And made again under its name.
            if let Some(entry) = entry.filter(|entry| entry.identity.id == row.namespace.id) {
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
        let (name, limits) = (&namespace.name, self.attribute_limits);
        self.read(|namespaces| match namespaces.by_name(name) {
            Some(entry) => check(&entry.attributes, name, given, limits),
            None => check(&Attributes::default(), name, given, limits),
        })
    }
}
