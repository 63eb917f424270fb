//! Conditions on the state, asked again whenever something may have changed it. Their predicates are user code.

use super::{Core, OpId, Predicate, State, Value};

impl Core {
    /// Wakes who waits for a condition that holds now, in the order in which the waits began. Whether any did.
    pub(in crate::workflow) fn check_conditions(&self) -> bool {
        let ids: Vec<OpId> = self.inner().conditions.iter().copied().collect();
        let mut any = false;
        for id in ids {
            let Some(mut predicate) = self.take_predicate(id) else {
                continue;
            };
            if let Some(value) = self.holds(&mut predicate) {
                self.inner().conditions.remove(&id);
                self.finish(id, Ok(value));
                any = true;
            } else if let Some(op) = self.inner().ops.get_mut(&id) {
                op.condition = Some(predicate);
            }
        }
        any
    }

    pub(super) fn take_predicate(&self, id: OpId) -> Option<Predicate> {
        self.inner().ops.get_mut(&id)?.condition.take()
    }

    /// User code runs here, so no lock but the slot's is held, and the state is back even if it panics.
    pub(super) fn holds(&self, predicate: &mut Predicate) -> Option<Value> {
        let returned = Returned::of(self)?;
        returned.state.as_deref().and_then(|s| predicate(s))
    }
}

/// Puts the state back, also when what has it panics.
pub(super) struct Returned<'a> {
    core: &'a Core,
    state: Option<State>,
}

impl<'a> Returned<'a> {
    pub(super) fn of(core: &'a Core) -> Option<Self> {
        let state = core.take_state()?;
        Some(Self {
            core,
            state: Some(state),
        })
    }

    pub(super) fn state(&mut self) -> Option<&mut State> {
        self.state.as_mut()
    }
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            self.core.put_state(state);
        }
    }
}
