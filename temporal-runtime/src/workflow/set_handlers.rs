//! Handlers that workflow code sets while it runs, by name, and signals that wait for theirs.

use std::{any::Any, sync::Arc};

use temporal_protos::common::Payload as RawPayload;

use super::{
    Output, State, Wf,
    executor::{Executor, TaskFailure},
    role::Role,
};
use crate::{
    convert::{Payload, RawValue},
    error::{Error, ErrorKind, Failed, Result, Returned},
};

/// A handler that may change the state. It is told the name that was asked for.
pub(super) type Changes = Box<dyn FnMut(&mut dyn Any, &str, Vec<RawPayload>) -> Output + Send>;

/// A handler that only reads.
pub(super) type Reads = Arc<dyn Fn(&dyn Any, Vec<RawPayload>) -> Output + Send + Sync>;

impl<W: Send + 'static> Wf<W> {
    /// Handles signals of this name from here on, in place of what handled them before: for names that are known only
    /// while the workflow runs. Signals of the name that nothing handled wait in order, and are handled before this
    /// returns.
    ///
    /// The handler has the state and the arguments as they came, and does not wait for anything: what takes its time is
    /// the run function's to do, once the state tells it to. A value that does not decode is told to the log, as with
    /// declared handlers.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// #[derive(Default)]
    /// struct Inbox { letters: Vec<String> }
    ///
    /// #[workflow]
    /// impl Inbox {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>, address: String) -> Result<Vec<String>> {
    ///         wf.set_signal_handler(address, |inbox, arguments| {
    ///             inbox.letters.push(arguments[0].decode()?);
    ///             Ok(())
    ///         })?;
    ///         wf.wait(|inbox| inbox.letters.len() > 2).await?;
    ///         Ok(wf.letters.clone())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// What the handler returned for a signal that had waited.
    pub fn set_signal_handler(
        &mut self,
        name: impl Into<String>,
        mut handler: impl FnMut(&mut W, Vec<RawValue>) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let name = name.into();
        let handler = changes(move |state, _, arguments| handler(state, arguments));
        self.handle_signals(Some(name), handler)
    }

    /// As [`set_signal_handler`](Self::set_signal_handler), for every name that nothing else handles; the handler is
    /// told the name.
    ///
    /// # Errors
    /// As there.
    pub fn set_dynamic_signal_handler(
        &mut self,
        mut handler: impl FnMut(&mut W, String, Vec<RawValue>) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let handler =
            changes(move |state, name, arguments| handler(state, name.to_owned(), arguments));
        self.handle_signals(None, handler)
    }

    fn handle_signals(&mut self, name: Option<String>, mut handler: Changes) -> Result<()> {
        let core = self.core().clone();
        let mut ended = Ok(());
        for (name, input) in core.take_waiting_signals(name.as_deref()) {
            let handled = handler(self.state_mut(), &name, input);
            match handled {
                Ok(_) => {}
                Err(Failed::Arguments(error) | Failed::Output(error)) => tracing::warn!(
                    "a signal `{name}` could not be decoded and stays in history: {error:?}"
                ),
                // the first one counts, and none is lost for it
                Err(Failed::Returned(returned)) if ended.is_ok() => {
                    ended = Err(Error::from_boxed(returned.error));
                }
                Err(Failed::Returned(_)) => {}
            }
        }
        core.set_signal_handler(name, handler);
        ended
    }

    /// Answers queries of this name from here on, in place of what answered them before. The handler has the state and
    /// the arguments as they came.
    pub fn set_query_handler<T: Payload>(
        &mut self,
        name: impl Into<String>,
        handler: impl Fn(&W, Vec<RawValue>) -> Result<T> + Send + Sync + 'static,
    ) {
        let reads: Reads = Arc::new(move |state, input| {
            let state = state.downcast_ref::<W>().ok_or_else(not_the_state)?;
            encoded(handler(state, raw(input)))
        });
        self.core().set_query_handler(name.into(), reads);
    }

    /// Handles updates of this name from here on, in place of what handled them before. The handler has the state and
    /// the arguments as they came, and does not wait for anything. There is no validator: an error fails the update,
    /// which stays in history. An update of the name that came before is rejected; unlike signals, none waits.
    pub fn set_update_handler<T: Payload>(
        &mut self,
        name: impl Into<String>,
        mut handler: impl FnMut(&mut W, Vec<RawValue>) -> Result<T> + Send + 'static,
    ) {
        let handler = changes(move |state, _, arguments| handler(state, arguments));
        self.core().set_update_handler(name.into(), handler);
    }
}

fn changes<W: 'static, T: Payload>(
    mut handler: impl FnMut(&mut W, &str, Vec<RawValue>) -> Result<T> + Send + 'static,
) -> Changes {
    Box::new(move |state, name, input| {
        let state = state.downcast_mut::<W>().ok_or_else(not_the_state)?;
        encoded(handler(state, name, raw(input)))
    })
}

fn raw(input: Vec<RawPayload>) -> Vec<RawValue> {
    input.into_iter().map(RawValue::new).collect()
}

fn encoded<T: Payload>(result: Result<T>) -> Output {
    match result {
        Ok(value) => value.encode().map_err(Failed::output),
        // as if generated code had decoded it
        Err(error) if error.kind() == ErrorKind::Payload => Err(Failed::Arguments(error)),
        Err(error) => Err(Failed::Returned(Returned {
            error: error.into(),
            type_name: std::any::type_name::<Error>(),
        })),
    }
}

/// Handlers are set by code that has the state's type.
fn not_the_state() -> Failed {
    Failed::output(Error::msg(
        "a handler was given another state, which is a bug of ours",
    ))
}

impl Executor {
    /// Whether generated code handles messages of this name, or of any.
    fn declares(handlers: &[super::HandlerReg], name: &str) -> bool {
        let takes = |handler: &super::HandlerReg| handler.name == name || handler.name == "*";
        handlers.iter().any(takes)
    }

    /// Gives a signal to the handler that was set for it. It waits if nothing handles it; `Err` has it back if
    /// generated code does.
    pub(super) fn signal_set(
        &mut self,
        role: &Role,
        name: &str,
        input: Vec<RawPayload>,
    ) -> std::result::Result<Result<(), TaskFailure>, Vec<RawPayload>> {
        let declared = Self::declares(self.definition.signals, name);
        let key = match self.core.take_signal_handler(Some(name)) {
            Some(handler) => Some((Some(name.to_owned()), handler)),
            None if declared => return Err(input),
            None => (self.core.take_signal_handler(None)).map(|handler| (None, handler)),
        };
        let Some((key, mut handler)) = key else {
            // the caller tells people
            self.core.keep_signal(name, input);
            return Err(Vec::new());
        };
        let called = self.changed(role, &mut handler, name, input);
        self.core.set_signal_handler(key, handler);
        Ok(called.and_then(|output| self.signal_ended(role, output)))
    }

    /// Runs the handler that was set for an update, if one was.
    pub(super) fn update_set(
        &mut self,
        role: &Role,
        name: &str,
        input: &[RawPayload],
    ) -> Option<Result<Output, TaskFailure>> {
        let mut handler = self.core.take_update_handler(name)?;
        let called = self.changed(role, &mut handler, name, input.to_vec());
        self.core.set_update_handler(name.to_owned(), handler);
        Some(called)
    }

    fn changed(
        &self,
        role: &Role,
        handler: &mut Changes,
        name: &str,
        input: Vec<RawPayload>,
    ) -> Result<Output, TaskFailure> {
        let core = self.core.clone();
        let called = self.caught(role, || {
            core.with_state(|state| handler(&mut **state, name, input))
        });
        Ok(called?.and_then(|output| output.unwrap_or_else(|| Err(not_the_state()))))
    }

    /// The answer of the handler that was set for a query, if one was.
    pub(super) fn query_set(&self, name: &str, input: &[RawPayload]) -> Option<Output> {
        let handler = self.core.query_handler(name)?;
        let read = |state: &mut State| handler(&**state, input.to_vec());
        Some(
            self.core
                .with_state(read)
                .unwrap_or_else(|| Err(not_the_state())),
        )
    }
}
