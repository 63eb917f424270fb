//! What a workflow handles: its own signals, queries and updates, and those of the `#[workflow]` traits that it inherits.

use std::sync::Arc;

use temporal_protos::common::Payload as RawPayload;

use super::{Core, Handled, HandlerReg, Output, VTable, Validated};

/// Hands a message to its handler, if there is one of that name.
pub(super) type Handles = fn(&Arc<Core>, &str, Vec<RawPayload>) -> Option<Handled>;
/// Answers a query of that name.
pub(super) type Answers = fn(&Arc<Core>, &str, Vec<RawPayload>) -> Option<Output>;
/// Asks the validator of an update of that name.
pub(super) type Validates = fn(&Arc<Core>, &str, &[RawPayload]) -> Option<Validated>;

/// The handlers of one trait, as one workflow has them. Each has a name; none is dynamic.
#[derive(Debug, Clone, Copy)]
pub struct Inherited {
    /// The signals.
    pub signals: &'static [HandlerReg],
    /// The queries.
    pub queries: &'static [HandlerReg],
    /// The updates.
    pub updates: &'static [HandlerReg],
    /// Handles a signal.
    pub signal: Handles,
    /// Answers a query.
    pub query: Answers,
    /// Decodes the arguments of an update and asks its validator.
    pub validate: Validates,
    /// Handles an update that was accepted.
    pub update: Handles,
}

impl Inherited {
    /// Nothing: stands for a trait that has errors.
    pub const NONE: Self = Self {
        signals: &[],
        queries: &[],
        updates: &[],
        signal: |_, _, _| None,
        query: |_, _, _| None,
        validate: |_, _, _| None,
        update: |_, _, _| None,
    };
}

/// Handlers of a trait that `W` implements.
pub trait InheritedBy<W> {
    #[doc(hidden)]
    const HANDLERS: Inherited;
}

/// Gives back what a workflow inherits, if no two handlers of a kind have one name; otherwise the build fails.
#[must_use]
pub const fn distinct(
    inherited: &'static [Inherited],
    signals: &[HandlerReg],
    queries: &[HandlerReg],
    updates: &[HandlerReg],
) -> &'static [Inherited] {
    let mut i = 0;
    while i < inherited.len() {
        let mut clash = share_a_name(inherited[i].signals, signals)
            || share_a_name(inherited[i].queries, queries)
            || share_a_name(inherited[i].updates, updates);
        let mut j = 0;
        while j < i {
            clash |= share_a_name(inherited[i].signals, inherited[j].signals)
                || share_a_name(inherited[i].queries, inherited[j].queries)
                || share_a_name(inherited[i].updates, inherited[j].updates);
            j += 1;
        }
        assert!(
            !clash,
            "two handlers of this workflow have the same name, and at least one of them is inherited: rename one, as with `#[signal(name = \"..\")]`"
        );
        i += 1;
    }
    inherited
}

const fn share_a_name(a: &[HandlerReg], b: &[HandlerReg]) -> bool {
    let mut i = 0;
    while i < a.len() {
        let mut j = 0;
        while j < b.len() {
            if is_same(a[i].name.as_bytes(), b[j].name.as_bytes()) {
                return true;
            }
            j += 1;
        }
        i += 1;
    }
    false
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Everything that a workflow handles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handlers {
    pub(crate) vtable: VTable,
    pub(crate) signals: &'static [HandlerReg],
    pub(crate) queries: &'static [HandlerReg],
    pub(crate) updates: &'static [HandlerReg],
    pub(crate) inherited: &'static [Inherited],
}

impl Handlers {
    pub(crate) fn signals(&self) -> impl Iterator<Item = &'static HandlerReg> + Clone {
        let inherited = self.inherited.iter().flat_map(|i| i.signals);
        self.signals.iter().chain(inherited)
    }

    pub(crate) fn queries(&self) -> impl Iterator<Item = &'static HandlerReg> + Clone {
        let inherited = self.inherited.iter().flat_map(|i| i.queries);
        self.queries.iter().chain(inherited)
    }

    pub(crate) fn updates(&self) -> impl Iterator<Item = &'static HandlerReg> + Clone {
        let inherited = self.inherited.iter().flat_map(|i| i.updates);
        self.updates.iter().chain(inherited)
    }

    /// What handles a signal of this name; a dynamic handler of the workflow's own comes last.
    pub(super) fn signal(&self, name: &str) -> Handles {
        let found = self.inherited.iter().find(|i| has(i.signals, name));
        found.map_or(self.vtable.signal, |i| i.signal)
    }

    pub(super) fn query(&self, name: &str) -> Answers {
        let found = self.inherited.iter().find(|i| has(i.queries, name));
        found.map_or(self.vtable.query, |i| i.query)
    }

    pub(super) fn validate(&self, name: &str) -> Validates {
        self.update_of(name)
            .map_or(self.vtable.validate, |i| i.validate)
    }

    pub(super) fn update(&self, name: &str) -> Handles {
        self.update_of(name)
            .map_or(self.vtable.update, |i| i.update)
    }

    fn update_of(&self, name: &str) -> Option<&'static Inherited> {
        self.inherited.iter().find(|i| has(i.updates, name))
    }
}

fn has(handlers: &[HandlerReg], name: &str) -> bool {
    handlers.iter().any(|handler| handler.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn named(name: &'static str) -> HandlerReg {
        HandlerReg {
            name,
            doc: "",
            abandon: false,
        }
    }

    const A: Inherited = Inherited {
        signals: &[named("a"), named("b")],
        ..Inherited::NONE
    };
    const B: Inherited = Inherited {
        signals: &[named("c")],
        updates: &[named("a")],
        ..Inherited::NONE
    };

    #[test]
    fn handlers_of_different_kinds_may_share_a_name() {
        assert_eq!(
            distinct(&[A, B], &[named("d")], &[named("a")], &[]).len(),
            2
        );
    }

    #[test]
    #[should_panic(expected = "two handlers of this workflow have the same name")]
    fn an_own_handler_of_an_inherited_name_is_refused() {
        let _ = distinct(&[A, B], &[named("d"), named("c")], &[], &[]);
    }

    #[test]
    #[should_panic(expected = "two handlers of this workflow have the same name")]
    fn two_traits_with_one_name_are_refused() {
        let _ = distinct(&[A, A], &[], &[], &[]);
    }
}
