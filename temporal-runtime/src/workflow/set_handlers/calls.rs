//! How messages reach the handlers that workflow code has set.

use std::sync::Arc;

use temporal_protos::common::Payload as RawPayload;

use super::{Changes, Handler, SetUpdate, Waits, not_the_state};
use crate::{
    error::Failed,
    machine::UpdateRequest,
    workflow::{
        Handled, HandlerReg, Output, State, Validated,
        core::Waiting,
        executor::{Executor, TaskFailure},
        role::Role,
    },
};

/// What was set and takes messages of a name: nothing, what was set for it, or what was set for all others.
pub(in crate::workflow) type Key = Option<Option<String>>;

/// What was set for the name comes first, then what is declared for it, then what was set for all, and last what is
/// declared for all.
fn key(
    name: &str,
    declared: impl Iterator<Item = &'static HandlerReg>,
    is_set: impl Fn(Option<&str>) -> bool,
) -> Key {
    if is_set(Some(name)) {
        return Some(Some(name.to_owned()));
    }
    let mut declared = declared;
    (is_set(None) && declared.all(|handler| handler.name != name)).then_some(None)
}

impl Executor {
    /// Gives a signal to the handler that was set for it. It waits if nothing handles it; `Err` has it back if
    /// generated code does.
    pub(in crate::workflow) fn signal_set(
        &mut self,
        role: &Role,
        name: &str,
        input: Vec<RawPayload>,
    ) -> Result<Result<(), TaskFailure>, Vec<RawPayload>> {
        let handlers = self.definition.handlers;
        let found = key(name, handlers.signals(), |name| {
            self.core.has_signal_handler(name)
        });
        let handler = found.and_then(|key| {
            let handler = self.core.take_signal_handler(&key)?;
            Some((key, handler))
        });
        let Some((key, handler)) = handler else {
            let declares = |handler: &HandlerReg| handler.name == name || handler.name == "*";
            if handlers.signals().any(declares) {
                return Err(input);
            }
            let Role::Signal { event_id, .. } = role else {
                return Err(input);
            };
            let (name, event_id) = (name.to_owned(), *event_id);
            self.core.keep_signal(Waiting {
                name,
                event_id,
                input,
            });
            // the caller tells people
            return Err(Vec::new());
        };
        let (handler, handled) = self.handled(role, handler, name, input);
        self.core.set_signal_handler(key, handler);
        Ok(match handled {
            Ok(Handled::Task(task)) => self.begin(role.clone(), task),
            Ok(Handled::Done(output)) => self.signal_ended(role, output),
            Err(failure) => Err(failure),
        })
    }

    /// What was set for an update, if anything was.
    pub(in crate::workflow) fn update_key(&self, name: &str) -> Key {
        let declared = self.definition.handlers.updates();
        key(name, declared, |name| self.core.has_update_handler(name))
    }

    /// Asks the validator of the handler that was set, if it has one.
    pub(in crate::workflow) fn validate_set(
        &self,
        key: &Option<String>,
        request: &UpdateRequest,
    ) -> Option<Validated> {
        let validator = self.core.validator(key)?;
        let read = |state: &mut State| validator(&**state, &request.name, request.input.clone());
        let read = self.core.with_state(read);
        Some(read.unwrap_or_else(|| Err(not_the_state())).map(drop))
    }

    /// Runs the handler that was set for an update.
    pub(in crate::workflow) fn update_set(
        &mut self,
        role: &Role,
        key: Option<String>,
        name: &str,
        input: Vec<RawPayload>,
    ) -> Result<Handled, TaskFailure> {
        let Some(SetUpdate { handler, validator }) = self.core.take_update_handler(&key) else {
            return Ok(Handled::Done(Err(not_the_state())));
        };
        let (handler, handled) = self.handled(role, handler, name, input);
        let update = SetUpdate { handler, validator };
        self.core.set_update_handler(key, update);
        handled
    }

    /// Calls a handler, and gives it back.
    fn handled(
        &self,
        role: &Role,
        handler: Handler,
        name: &str,
        input: Vec<RawPayload>,
    ) -> (Handler, Result<Handled, TaskFailure>) {
        match handler {
            Handler::Changes(mut changes) => {
                let output = self.changed(role, &mut changes, name, input);
                (Handler::Changes(changes), output.map(Handled::Done))
            }
            Handler::Waits(waits) => {
                let task = self.begun(&waits, name, input);
                (Handler::Waits(waits), Ok(task))
            }
        }
    }

    /// The task of a handler. No code of it has run yet.
    fn begun(&self, waits: &Waits, name: &str, input: Vec<RawPayload>) -> Handled {
        Handled::Task(waits(&self.core, name.to_owned(), input))
    }

    fn changed(
        &self,
        role: &Role,
        handler: &mut Changes,
        name: &str,
        input: Vec<RawPayload>,
    ) -> Result<Output, TaskFailure> {
        let core = Arc::clone(&self.core);
        let called = self.caught(role, || {
            core.with_state(|state| handler(&mut **state, name, input))
        });
        let output = |output: Option<Output>| output.unwrap_or_else(|| Err(not_the_state()));
        Ok(called?.map_or_else(|panicked: Failed| Err(panicked), output))
    }

    /// The answer of the handler that was set for a query, if one was.
    pub(in crate::workflow) fn query_set(
        &self,
        name: &str,
        input: &[RawPayload],
    ) -> Option<Output> {
        let declared = self.definition.handlers.queries();
        let key = key(name, declared, |name| {
            self.core.query_handler(name).is_some()
        })?;
        let handler = self.core.query_handler(key.as_deref())?;
        let read = |state: &mut State| handler(&**state, name, input.to_vec());
        let answer = self.core.with_state(read);
        Some(answer.unwrap_or_else(|| Err(not_the_state())))
    }
}
