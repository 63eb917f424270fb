//! Where the handlers are that workflow code has set, and the signals that wait for one.

use std::{collections::BTreeMap, sync::Arc};

use temporal_protos::common::Payload as RawPayload;

use super::{Core, State, conditions::Returned};
use crate::workflow::set_handlers::{Changes, Reads};

/// A signal that nothing handled: its name, and its arguments.
type Waiting = (String, Vec<RawPayload>);

/// Few runs have any.
#[derive(Default)]
pub(super) struct SetHandlers {
    /// Of one name, or of all others.
    signals: BTreeMap<Option<String>, Changes>,
    updates: BTreeMap<String, Changes>,
    queries: BTreeMap<String, Reads>,
    waiting: Vec<Waiting>,
}

impl Core {
    fn set_handlers<T>(&self, f: impl FnOnce(&mut SetHandlers) -> T) -> T {
        f(self.inner().set_handlers.get_or_insert_default())
    }

    pub(in crate::workflow) fn set_signal_handler(&self, name: Option<String>, handler: Changes) {
        let before = self.set_handlers(|set| set.signals.insert(name, handler));
        // what it holds is dropped without the lock
        drop(before);
    }

    /// The handler, which is put back when it has run.
    pub(in crate::workflow) fn take_signal_handler(&self, name: Option<&str>) -> Option<Changes> {
        let mut inner = self.inner();
        let signals = &mut inner.set_handlers.as_deref_mut()?.signals;
        signals.remove(&name.map(str::to_owned))
    }

    pub(in crate::workflow) fn set_update_handler(&self, name: String, handler: Changes) {
        let before = self.set_handlers(|set| set.updates.insert(name, handler));
        drop(before);
    }

    pub(in crate::workflow) fn has_update_handler(&self, name: &str) -> bool {
        let inner = self.inner();
        let set = inner.set_handlers.as_deref();
        set.is_some_and(|set| set.updates.contains_key(name))
    }

    pub(in crate::workflow) fn take_update_handler(&self, name: &str) -> Option<Changes> {
        self.inner()
            .set_handlers
            .as_deref_mut()?
            .updates
            .remove(name)
    }

    pub(in crate::workflow) fn set_query_handler(&self, name: String, handler: Reads) {
        let before = self.set_handlers(|set| set.queries.insert(name, handler));
        drop(before);
    }

    pub(in crate::workflow) fn query_handler(&self, name: &str) -> Option<Reads> {
        let inner = self.inner();
        inner
            .set_handlers
            .as_deref()?
            .queries
            .get(name)
            .map(Arc::clone)
    }

    pub(in crate::workflow) fn keep_signal(&self, name: &str, input: Vec<RawPayload>) {
        self.set_handlers(|set| set.waiting.push((name.to_owned(), input)));
    }

    /// Those of this name, or all, in the order in which they came.
    pub(in crate::workflow) fn take_waiting_signals(&self, name: Option<&str>) -> Vec<Waiting> {
        let mut inner = self.inner();
        let Some(set) = inner.set_handlers.as_deref_mut() else {
            return Vec::new();
        };
        let is_meant = |waiting: &mut Waiting| name.is_none_or(|name| name == waiting.0);
        set.waiting.extract_if(.., is_meant).collect()
    }

    /// Lends the state to code that does not wait; it is back even after a panic. `None` if somebody has it.
    pub(in crate::workflow) fn with_state<T>(&self, f: impl FnOnce(&mut State) -> T) -> Option<T> {
        let mut returned = Returned::of(self)?;
        returned.state().map(f)
    }
}
