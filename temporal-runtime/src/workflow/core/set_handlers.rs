//! Where the handlers are that workflow code has set, and the signals that wait for one.

use std::{collections::BTreeMap, sync::Arc};

use temporal_protos::common::Payload as RawPayload;

use super::{Core, State, conditions::Returned};
use crate::workflow::set_handlers::{Handler, Reads, SetUpdate};

/// Of one name, or of all others.
type ByName<T> = BTreeMap<Option<String>, T>;

/// A signal that nothing handled.
pub(in crate::workflow) struct Waiting {
    pub(in crate::workflow) name: String,
    pub(in crate::workflow) event_id: i64,
    pub(in crate::workflow) input: Vec<RawPayload>,
}

/// Few runs have any.
#[derive(Default)]
pub(super) struct SetHandlers {
    signals: ByName<Handler>,
    updates: ByName<SetUpdate>,
    queries: ByName<Reads>,
    waiting: Vec<Waiting>,
}

/// The names of what was set; none stands for all others.
#[derive(Default)]
pub(in crate::workflow) struct SetNames {
    pub(in crate::workflow) signals: Vec<Option<String>>,
    pub(in crate::workflow) queries: Vec<Option<String>>,
    pub(in crate::workflow) updates: Vec<Option<String>>,
}

impl Core {
    fn set_handlers<T>(&self, f: impl FnOnce(&mut SetHandlers) -> T) -> T {
        f(self.inner().set_handlers.get_or_insert_default())
    }

    /// Reads what was set, if anything was.
    fn of_set<T>(&self, f: impl FnOnce(&mut SetHandlers) -> T) -> Option<T> {
        self.inner().set_handlers.as_deref_mut().map(f)
    }

    pub(in crate::workflow) fn set_names(&self) -> SetNames {
        let names = |set: &mut SetHandlers| SetNames {
            signals: set.signals.keys().cloned().collect(),
            queries: set.queries.keys().cloned().collect(),
            updates: set.updates.keys().cloned().collect(),
        };
        self.of_set(names).unwrap_or_default()
    }

    pub(in crate::workflow) fn set_signal_handler(&self, name: Option<String>, handler: Handler) {
        let before = self.set_handlers(|set| set.signals.insert(name, handler));
        // what it holds is dropped without the lock
        drop(before);
    }

    pub(in crate::workflow) fn has_signal_handler(&self, name: Option<&str>) -> bool {
        self.of_set(|set| set.signals.contains_key(&name.map(str::to_owned)))
            .unwrap_or_default()
    }

    /// The handler, which is put back when it has run.
    pub(in crate::workflow) fn take_signal_handler(
        &self,
        name: &Option<String>,
    ) -> Option<Handler> {
        self.of_set(|set| set.signals.remove(name)).flatten()
    }

    pub(in crate::workflow) fn set_update_handler(&self, name: Option<String>, update: SetUpdate) {
        let before = self.set_handlers(|set| set.updates.insert(name, update));
        drop(before);
    }

    pub(in crate::workflow) fn set_validator(&self, name: &Option<String>, validator: Reads) {
        let replace = |set: &mut SetHandlers| match set.updates.get_mut(name) {
            Some(update) => update.validator.replace(validator),
            None => None,
        };
        let before = self.of_set(replace);
        drop(before);
    }

    pub(in crate::workflow) fn has_update_handler(&self, name: Option<&str>) -> bool {
        self.of_set(|set| set.updates.contains_key(&name.map(str::to_owned)))
            .unwrap_or_default()
    }

    pub(in crate::workflow) fn validator(&self, name: &Option<String>) -> Option<Reads> {
        self.of_set(|set| set.updates.get(name)?.validator.clone())
            .flatten()
    }

    pub(in crate::workflow) fn take_update_handler(
        &self,
        name: &Option<String>,
    ) -> Option<SetUpdate> {
        self.of_set(|set| set.updates.remove(name)).flatten()
    }

    pub(in crate::workflow) fn set_query_handler(&self, name: Option<String>, handler: Reads) {
        let before = self.set_handlers(|set| set.queries.insert(name, handler));
        drop(before);
    }

    pub(in crate::workflow) fn query_handler(&self, name: Option<&str>) -> Option<Reads> {
        self.of_set(|set| set.queries.get(&name.map(str::to_owned)).map(Arc::clone))
            .flatten()
    }

    pub(in crate::workflow) fn keep_signal(&self, signal: Waiting) {
        self.set_handlers(|set| set.waiting.push(signal));
    }

    /// Those of this name, or all, in the order in which they came.
    pub(in crate::workflow) fn take_waiting_signals(&self, name: Option<&str>) -> Vec<Waiting> {
        let is_meant = |waiting: &mut Waiting| name.is_none_or(|name| name == waiting.name);
        self.of_set(|set| set.waiting.extract_if(.., is_meant).collect())
            .unwrap_or_default()
    }

    /// Lends the state to code that does not wait; it is back even after a panic. `None` if somebody has it.
    pub(in crate::workflow) fn with_state<T>(&self, f: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut returned = Returned::of(self)?;
        returned.state().map(f)
    }
}
