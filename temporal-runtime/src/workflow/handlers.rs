//! Messages: signals, updates and queries reach their handlers. What each kind of failure does is decided here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use temporal_protos::{common::Payload as RawPayload, failure::Failure};

use super::{
    Handled, Output,
    executor::{Executor, Role, TaskFailure},
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
        input: Vec<RawPayload>,
    ) -> Result<(), TaskFailure> {
        let (core, signal) = (self.core.clone(), self.definition.vtable.signal);
        let what = format!("the signal handler `{name}`");
        let handled = self.guarded(&what, || signal(&core, &name, input))?;
        match handled {
            None => {
                self.report(&format!(
                    "a signal `{name}` arrived and nothing handles it: it stays in history; known signals: {}",
                    list(self.definition.signals)
                ));
                Ok(())
            }
            Some(Handled::Task(future)) => self.begin(Role::Signal(name), future),
            Some(Handled::Done(result)) => self.signal_ended(&name, result),
        }
    }

    pub(super) fn signal_ended(&mut self, name: &str, result: Output) -> Result<(), TaskFailure> {
        match result {
            Ok(_) => Ok(()),
            Err(Failed::Arguments(error)) => {
                self.report(&format!(
                    "a signal `{name}` could not be decoded and stays in history: {error:?}"
                ));
                Ok(())
            }
            Err(failed) => match self.decided(failed) {
                Ok(returned) => {
                    self.end(self.ending(&returned));
                    Ok(())
                }
                Err(failed) => Err(self.not_ours(&format!("the signal handler `{name}`"), failed)),
            },
        }
    }

    pub(super) fn update(
        &mut self,
        request: UpdateRequest,
        replayed: bool,
    ) -> Result<(), TaskFailure> {
        if !replayed && let Err(failure) = self.validate(&request) {
            let rejected = self.core.machine(|m| m.reject_update(&request.id, failure));
            self.rejections.extend(rejected);
            return Ok(());
        }
        self.core.machine(|m| m.accept_update(&request.id));
        let (core, update) = (self.core.clone(), self.definition.vtable.update);
        let what = format!("the update handler `{}`", request.name);
        match self.guarded(&what, || update(&core, &request.name, request.input))? {
            None => Err(TaskFailure::new(&format!(
                "history has an accepted update `{}`, and the workflow `{}` no longer handles it; known updates: {}",
                request.name,
                self.definition.name,
                list(self.definition.updates)
            ))),
            Some(Handled::Task(future)) => self.begin(Role::Update(request.id), future),
            Some(Handled::Done(result)) => self.update_ended(&request.id, result),
        }
    }

    /// Nothing that a validator does, a panic included, can do more than reject the update.
    fn validate(&self, request: &UpdateRequest) -> Result<(), Failure> {
        let (core, validate) = (&self.core, self.definition.vtable.validate);
        let validated = catch_unwind(AssertUnwindSafe(|| {
            validate(core, &request.name, &request.input)
        }));
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
                    list(self.definition.updates)
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

    pub(super) fn update_ended(&mut self, id: &str, result: Output) -> Result<(), TaskFailure> {
        let outcome = match result {
            Ok(payload) => Outcome::Completed(Some(payload)),
            Err(failed) => match self.decided(failed) {
                Ok(returned) => Outcome::Failed(Box::new(returned.to_proto())),
                Err(failed) => return Err(self.not_ours(&format!("the update `{id}`"), failed)),
            },
        };
        self.core.machine(|m| m.complete_update(id, outcome));
        Ok(())
    }

    /// Answers a query. A panic fails the query, never the task.
    pub(super) fn query(&self, name: &str, input: Vec<RawPayload>) -> Result<RawPayload, Failure> {
        let _in = InWorkflow::enter();
        let (core, query) = (&self.core, self.definition.vtable.query);
        match catch_unwind(AssertUnwindSafe(|| query(core, name, input))) {
            Ok(Some(Ok(payload))) => Ok(payload),
            Ok(Some(Err(Failed::Returned(returned)))) => Err(returned.to_proto()),
            Ok(Some(Err(Failed::Arguments(error) | Failed::Output(error)))) => {
                Err(error_to_proto(&error, None))
            }
            Ok(None) => Err(error_to_proto(
                &Error::msg(format!(
                    "the workflow `{}` has no query `{name}`; known queries: {}",
                    self.definition.name,
                    list(self.definition.queries)
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

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
