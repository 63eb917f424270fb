//! Scopes: where operations are born, and the unit of cancellation. Only a tree of marks; cancelling the operations is
//! the core's part.

use std::collections::BTreeMap;

/// A scope of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[doc(hidden)]
pub struct ScopeId(u64);

impl ScopeId {
    /// The scope of the run function: what a cancel request cancels.
    pub(crate) const RUN: Self = Self(0);
}

#[derive(Debug, Default)]
struct Scope {
    parent: Option<ScopeId>,
    shielded: bool,
    cancelled: Option<String>,
    /// Its guard, or the task it belongs to, is still there.
    entered: bool,
    /// Open operations and inner scopes: as long as there are any, a cancellation from outside must find its way.
    users: usize,
}

/// All scopes of one run.
#[derive(Debug)]
pub(super) struct Scopes {
    /// Boxed, because a map has room for many in each of its nodes, and most runs have one.
    all: BTreeMap<ScopeId, Box<Scope>>,
    next: u64,
}

impl Scopes {
    pub(super) fn new() -> Self {
        let run = Scope {
            entered: true,
            ..Scope::default()
        };
        Self {
            all: BTreeMap::from([(ScopeId::RUN, Box::new(run))]),
            next: 1,
        }
    }

    pub(super) fn enter(&mut self, parent: Option<ScopeId>, shielded: bool) -> ScopeId {
        let id = ScopeId(self.next);
        self.next += 1;
        let scope = Scope {
            parent,
            shielded,
            entered: true,
            ..Scope::default()
        };
        self.all.insert(id, Box::new(scope));
        if let Some(outer) = parent {
            self.op_started(outer);
        }
        id
    }

    pub(super) fn leave(&mut self, id: ScopeId) {
        if let Some(scope) = self.all.get_mut(&id) {
            scope.entered = false;
        }
        self.forget_if_unused(id);
    }

    pub(super) fn op_started(&mut self, id: ScopeId) {
        if let Some(scope) = self.all.get_mut(&id) {
            scope.users += 1;
        }
    }

    pub(super) fn op_ended(&mut self, id: ScopeId) {
        if let Some(scope) = self.all.get_mut(&id) {
            scope.users = scope.users.saturating_sub(1);
        }
        self.forget_if_unused(id);
    }

    /// Why a scope is cancelled, if it is: its own mark, or that of an enclosing one up to the nearest shield.
    pub(super) fn cancelled(&self, mut at: ScopeId) -> Option<&str> {
        loop {
            let scope = self.all.get(&at)?;
            if let Some(why) = &scope.cancelled {
                return Some(why);
            }
            match scope.parent {
                Some(outer) if !scope.shielded => at = outer,
                _ => return None,
            }
        }
    }

    /// Marks a scope; cancelled stays cancelled. Whether it was not marked before.
    pub(super) fn cancel(&mut self, id: ScopeId, why: &str) -> bool {
        match self.all.get_mut(&id) {
            Some(scope) if scope.cancelled.is_none() => {
                scope.cancelled = Some(why.to_owned());
                true
            }
            _ => false,
        }
    }

    fn forget_if_unused(&mut self, id: ScopeId) {
        let unused = |s: &Scope| !s.entered && s.users == 0;
        if id != ScopeId::RUN
            && self.all.get(&id).is_some_and(|scope| unused(scope))
            && let Some(scope) = self.all.remove(&id)
            && let Some(outer) = scope.parent
        {
            self.op_ended(outer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shield_keeps_cancellation_out() {
        let mut scopes = Scopes::new();
        let inner = scopes.enter(Some(ScopeId::RUN), false);
        let shield = scopes.enter(Some(ScopeId::RUN), true);
        let below = scopes.enter(Some(shield), false);
        assert!(scopes.cancel(ScopeId::RUN, "asked"));
        assert!(!scopes.cancel(ScopeId::RUN, "asked again"));
        assert_eq!(scopes.cancelled(inner), Some("asked"));
        assert_eq!(scopes.cancelled(shield), None);
        assert_eq!(scopes.cancelled(below), None);
    }

    #[test]
    fn a_left_scope_lives_as_long_as_its_operations() {
        let mut scopes = Scopes::new();
        let scope = scopes.enter(Some(ScopeId::RUN), false);
        scopes.op_started(scope);
        scopes.leave(scope);
        scopes.cancel(ScopeId::RUN, "asked");
        assert_eq!(scopes.cancelled(scope), Some("asked"));
        scopes.op_ended(scope);
        assert_eq!(scopes.all.len(), 1);
    }
}
