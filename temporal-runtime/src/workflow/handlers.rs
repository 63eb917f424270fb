//! Messages: signals, updates and queries reach their handlers. What each kind of failure does is decided here.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use temporal_protos::{common::Payload as RawPayload, failure::Failure};

use super::{
    Handled, HandlerReg, Output,
    executor::{Executor, TaskFailure},
    role::Role,
    update::UpdateInfo,
};
use crate::{
    activity::InWorkflow,
    error::{Error, Failed},
    failure::error_to_proto,
    machine::{Outcome, UpdateRequest},
    panics,
};

impl Executor {
    pub(super) fn signal(
        &mut self,
        name: String,
        event_id: i64,
        input: Vec<RawPayload>,
    ) -> Result<(), TaskFailure> {
        let (core, signal) = (self.core.clone(), self.definition.handlers.signal(&name));
        let role = Role::Signal { name, event_id };
        let Role::Signal { name, .. } = &role else {
            return Ok(());
        };
        let input = match self.signal_set(&role, name, input) {
            Ok(handled) => return handled,
            Err(input) => input,
        };
        match self.caught(&role, || signal(&core, name, input))? {
            Ok(None) => {
                self.report(&format!(
                    "a signal `{name}` arrived and nothing handles it: it stays in history; known signals: {}",
                    list(self.definition.handlers.signals(), &self.core.set_names().signals)
                ));
                Ok(())
            }
            Ok(Some(Handled::Task(future))) => self.begin(role, future),
            Ok(Some(Handled::Done(result))) => self.signal_ended(&role, result),
            Err(panicked) => self.signal_ended(&role, Err(panicked)),
        }
    }

    pub(super) fn signal_ended(&mut self, role: &Role, result: Output) -> Result<(), TaskFailure> {
        match result {
            Ok(_) => Ok(()),
            Err(Failed::Arguments(error)) => {
                let Role::Signal { name, .. } = role else {
                    return Ok(());
                };
                self.report(&format!(
                    "a signal `{name}` could not be decoded and stays in history: {}",
                    error.without_values()
                ));
                Ok(())
            }
            Err(failed) => match self.decided(failed) {
                Ok(returned) => {
                    self.end(self.ending(&returned));
                    Ok(())
                }
                Err(failed) => Err(self.not_ours(role, failed)),
            },
        }
    }

    pub(super) fn update(
        &mut self,
        request: UpdateRequest,
        replayed: bool,
    ) -> Result<(), TaskFailure> {
        let info = Arc::new(UpdateInfo {
            id: request.id.clone(),
            name: request.name.clone(),
        });
        let role = Role::Update(info.clone());
        let set = self.update_key(&request.name);
        if !replayed && let Err(failure) = self.validate(&role, set.as_ref(), &request) {
            let rejected = self.core.machine(|m| m.reject_update(&request.id, failure));
            self.rejections.extend(rejected);
            return Ok(());
        }
        self.core.machine(|m| m.accept_update(&request.id));
        let update = self.definition.handlers.update(&request.name);
        let core = self.core.clone();
        self.core.set_current_update(Some(info.clone()));
        let handled = match set {
            Some(key) => self
                .update_set(&role, key, &request.name, request.input)
                .map(|handled| Ok(Some(handled))),
            None => self.caught(&role, || update(&core, &request.name, request.input)),
        };
        self.core.set_current_update(None);
        match handled? {
            Ok(None) => Err(TaskFailure::new(&format!(
                "history has an accepted update `{}`, and the workflow `{}` no longer handles it; known updates: {}",
                request.name,
                self.definition.name,
                list(
                    self.definition.handlers.updates(),
                    &self.core.set_names().updates
                )
            ))),
            Ok(Some(Handled::Task(future))) => self.begin(role, future),
            Ok(Some(Handled::Done(result))) => self.update_ended(&info, result),
            Err(panicked) => self.update_ended(&info, Err(panicked)),
        }
    }

    /// Nothing that a validator does, a panic included, can do more than reject the update.
    fn validate(
        &self,
        role: &Role,
        set: Option<&Option<String>>,
        request: &UpdateRequest,
    ) -> Result<(), Failure> {
        let validate = self.definition.handlers.validate(&request.name);
        let core = &self.core;
        let validated = self.logged(role, || {
            catch_unwind(AssertUnwindSafe(|| {
                core.reading("a validator", || match set {
                    // without a validator everything is accepted
                    Some(key) => Some(self.validate_set(key, request).unwrap_or(Ok(()))),
                    None => validate(core, &request.name, &request.input),
                })
            }))
        });
        match validated {
            Ok(Some(Ok(()))) => Ok(()),
            Ok(Some(Err(Failed::Returned(returned)))) => Err(returned.to_proto()),
            Ok(Some(Err(Failed::Arguments(error) | Failed::Output(error)))) => {
                Err(error_to_proto(&error, None))
            }
            Ok(None) => Err(error_to_proto(
                &Error::msg(format!(
                    "the workflow `{}` has no update `{}`; known updates: {}",
                    self.definition.name,
                    request.name,
                    list(
                        self.definition.handlers.updates(),
                        &self.core.set_names().updates
                    )
                )),
                None,
            )),
            Err(panic) => Err(error_to_proto(
                &Error::msg(format!(
                    "the validator panicked: {}",
                    panics::message(&*panic)
                )),
                None,
            )),
        }
    }

    pub(super) fn update_ended(
        &mut self,
        update: &Arc<UpdateInfo>,
        result: Output,
    ) -> Result<(), TaskFailure> {
        let outcome = match result {
            Ok(payload) => Outcome::Completed(Some(payload)),
            Err(failed) => match self.decided(failed) {
                Ok(returned) => Outcome::Failed(Box::new(returned.to_proto())),
                Err(failed) => return Err(self.not_ours(&Role::Update(update.clone()), failed)),
            },
        };
        self.core
            .machine(|m| m.complete_update(&update.id, outcome));
        Ok(())
    }

    /// Answers a query. A panic fails the query, never the task.
    pub(super) fn query(&self, name: &str, input: Vec<RawPayload>) -> Result<RawPayload, Failure> {
        if let Some(answer) = self.built_in(name) {
            return answer;
        }
        let _in = InWorkflow::enter();
        let (core, query) = (&self.core, self.definition.handlers.query(name));
        if !core.has_state() {
            let text = "the workflow never began, because its `#[init]` function failed";
            return Err(error_to_proto(&Error::msg(text), None));
        }
        let asked = || {
            core.reading("a query", || match self.query_set(name, &input) {
                Some(answer) => Some(answer),
                None => query(core, name, input),
            })
        };
        let answer = self.logged(&Role::Query(name.to_owned()), || {
            catch_unwind(AssertUnwindSafe(asked))
        });
        match answer {
            Ok(Some(Ok(payload))) => Ok(payload),
            Ok(Some(Err(Failed::Returned(returned)))) => Err(returned.to_proto()),
            Ok(Some(Err(Failed::Arguments(error) | Failed::Output(error)))) => {
                Err(error_to_proto(&error, None))
            }
            Ok(None) => Err(error_to_proto(
                &Error::msg(format!(
                    "the workflow `{}` has no query `{name}`; known queries: {}",
                    self.definition.name,
                    list(
                        self.definition.handlers.queries(),
                        &self.core.set_names().queries
                    )
                )),
                None,
            )),
            Err(panic) => Err(error_to_proto(
                &Error::msg(format!(
                    "the query `{name}` panicked: {}",
                    panics::message(&*panic)
                )),
                None,
            )),
        }
    }
}

/// The names of what is declared and of what was set; "*" takes every name.
fn list(declared: impl Iterator<Item = &'static HandlerReg>, set: &[Option<String>]) -> String {
    let mut names: Vec<&str> = declared.map(|h| h.name).collect();
    for name in set.iter().map(|name| name.as_deref().unwrap_or("*")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
