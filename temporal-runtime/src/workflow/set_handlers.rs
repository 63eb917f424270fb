//! Handlers that workflow code sets while it runs, by name, and signals that wait for theirs.

mod calls;

use std::{any::Any, future::Future, marker::PhantomData, sync::Arc};

use temporal_protos::common::Payload as RawPayload;

use super::{BoxFuture, Core, Output, Wf, role::Role};
use crate::{
    convert::{Payload, RawValue},
    error::{Error, ErrorKind, Failed, Result, Returned},
};

/// A handler that may change the state. It is told the name that was asked for.
pub(super) type Changes = Box<dyn FnMut(&mut dyn Any, &str, Vec<RawPayload>) -> Output + Send>;

/// A handler that waits: it has a task of its own.
pub(super) type Waits =
    Arc<dyn Fn(&Arc<Core>, String, Vec<RawPayload>) -> BoxFuture<Output> + Send + Sync>;

/// A handler that only reads.
pub(super) type Reads = Arc<dyn Fn(&dyn Any, &str, Vec<RawPayload>) -> Output + Send + Sync>;

/// A handler of signals or updates.
pub(super) enum Handler {
    Changes(Changes),
    Waits(Waits),
}

/// A handler of updates, and who accepts or refuses them before.
pub(super) struct SetUpdate {
    pub(super) handler: Handler,
    pub(super) validator: Option<Reads>,
}

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
        let handler = changes(move |state, _, arguments| handler(state, arguments));
        self.handle_signals(Some(name.into()), handler)
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

    /// As [`set_signal_handler`](Self::set_signal_handler), with a handler that waits: each signal has a task of its
    /// own, beside the run function, and its `Wf`. Signals that waited begin when this code waits next, in their order.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// #[derive(Default)]
    /// struct Courier { delivered: u32 }
    ///
    /// #[workflow]
    /// impl Courier {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>, street: String) -> Result<u32> {
    ///         wf.set_async_signal_handler(street, async |mut wf: Wf<Self>, arguments| {
    ///             let minutes: u64 = arguments[0].decode()?;
    ///             wf.sleep(Duration::from_secs(60 * minutes)).await?;
    ///             wf.delivered += 1;
    ///             Ok(())
    ///         });
    ///         wf.wait(|courier| courier.delivered > 2).await?;
    ///         Ok(wf.delivered)
    ///     }
    /// }
    /// ```
    pub fn set_async_signal_handler<F>(
        &mut self,
        name: impl Into<String>,
        handler: impl Fn(Self, Vec<RawValue>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = waits(move |wf, _, arguments| handler(wf, arguments));
        self.begin_with_signals(Some(name.into()), handler);
    }

    /// As [`set_async_signal_handler`](Self::set_async_signal_handler), for every name that nothing else handles; the
    /// handler is told the name.
    pub fn set_dynamic_async_signal_handler<F>(
        &mut self,
        handler: impl Fn(Self, String, Vec<RawValue>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.begin_with_signals(None, waits(handler));
    }

    fn handle_signals(&mut self, name: Option<String>, mut handler: Changes) -> Result<()> {
        let core = self.core().clone();
        let mut ended = Ok(());
        for signal in core.take_waiting_signals(name.as_deref()) {
            let handled = handler(self.state_mut(), &signal.name, signal.input);
            match handled {
                Ok(_) => {}
                Err(Failed::Arguments(error) | Failed::Output(error)) => tracing::warn!(
                    "a signal `{}` could not be decoded and stays in history: {}",
                    signal.name,
                    error.without_values()
                ),
                // the first one counts, and none is lost for it
                Err(Failed::Returned(returned)) if ended.is_ok() => {
                    ended = Err(Error::from_boxed(returned.error));
                }
                Err(Failed::Returned(_)) => {}
            }
        }
        core.set_signal_handler(name, Handler::Changes(handler));
        ended
    }

    fn begin_with_signals(&mut self, name: Option<String>, handler: Waits) {
        let core = self.core().clone();
        for signal in core.take_waiting_signals(name.as_deref()) {
            let (name, event_id) = (signal.name.clone(), signal.event_id);
            core.open_handlers().began();
            core.spawn(
                Role::Signal { name, event_id },
                handler(&core, signal.name, signal.input),
            );
        }
        core.set_signal_handler(name, Handler::Waits(handler));
    }

    /// Answers queries of this name from here on, in place of what answered them before. The handler has the state and
    /// the arguments as they came.
    pub fn set_query_handler<T: Payload>(
        &mut self,
        name: impl Into<String>,
        handler: impl Fn(&W, Vec<RawValue>) -> Result<T> + Send + Sync + 'static,
    ) {
        let handler = reads(move |state, _, arguments| handler(state, arguments));
        self.core().set_query_handler(Some(name.into()), handler);
    }

    /// As [`set_query_handler`](Self::set_query_handler), for every name that nothing else answers; the handler is told
    /// the name.
    pub fn set_dynamic_query_handler<T: Payload>(
        &mut self,
        handler: impl Fn(&W, String, Vec<RawValue>) -> Result<T> + Send + Sync + 'static,
    ) {
        let handler =
            reads(move |state, name, arguments| handler(state, name.to_owned(), arguments));
        self.core().set_query_handler(None, handler);
    }

    /// Handles updates of this name from here on, in place of what handled them before. The handler has the state and
    /// the arguments as they came, and does not wait for anything; its error fails the update, which stays in history.
    /// What it gives back takes a validator. An update of the name that came before is rejected; unlike signals, none
    /// waits.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[workflow]
    /// #[derive(Default)]
    /// struct Account { cents: u64 }
    ///
    /// #[workflow]
    /// impl Account {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>, currency: String) -> Result<u64> {
    ///         wf.set_update_handler(currency, |account, arguments| {
    ///             account.cents += arguments[0].decode::<u64>()?;
    ///             Ok(account.cents)
    ///         })
    ///         .validator(|account, arguments| match arguments[0].decode()? {
    ///             0 => Err("nothing to pay in".into()),
    ///             cents if account.cents.checked_add(cents).is_none() => Err("too much".into()),
    ///             _ => Ok(()),
    ///         });
    ///         wf.wait(|account| account.cents > 1_000_000).await?;
    ///         Ok(wf.cents)
    ///     }
    /// }
    /// ```
    pub fn set_update_handler<T: Payload>(
        &mut self,
        name: impl Into<String>,
        mut handler: impl FnMut(&mut W, Vec<RawValue>) -> Result<T> + Send + 'static,
    ) -> UpdateHandlerSet<'_, W> {
        let handler = changes(move |state, _, arguments| handler(state, arguments));
        self.handle_updates(Some(name.into()), Handler::Changes(handler))
    }

    /// As [`set_update_handler`](Self::set_update_handler), with a handler that waits: each update has a task of its
    /// own, beside the run function, and its `Wf`.
    pub fn set_async_update_handler<T: Payload, F>(
        &mut self,
        name: impl Into<String>,
        handler: impl Fn(Self, Vec<RawValue>) -> F + Send + Sync + 'static,
    ) -> UpdateHandlerSet<'_, W>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let handler = waits(move |wf, _, arguments| handler(wf, arguments));
        self.handle_updates(Some(name.into()), Handler::Waits(handler))
    }

    /// As [`set_update_handler`](Self::set_update_handler), for every name that nothing else handles; the handler is
    /// told the name.
    pub fn set_dynamic_update_handler<T: Payload>(
        &mut self,
        mut handler: impl FnMut(&mut W, String, Vec<RawValue>) -> Result<T> + Send + 'static,
    ) -> UpdateHandlerSet<'_, W> {
        let handler =
            changes(move |state, name, arguments| handler(state, name.to_owned(), arguments));
        self.handle_updates(None, Handler::Changes(handler))
    }

    /// As [`set_async_update_handler`](Self::set_async_update_handler), for every name that nothing else handles; the
    /// handler is told the name.
    pub fn set_dynamic_async_update_handler<T: Payload, F>(
        &mut self,
        handler: impl Fn(Self, String, Vec<RawValue>) -> F + Send + Sync + 'static,
    ) -> UpdateHandlerSet<'_, W>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.handle_updates(None, Handler::Waits(waits(handler)))
    }

    fn handle_updates(
        &mut self,
        name: Option<String>,
        handler: Handler,
    ) -> UpdateHandlerSet<'_, W> {
        let update = SetUpdate {
            handler,
            validator: None,
        };
        self.core().set_update_handler(name.clone(), update);
        UpdateHandlerSet {
            core: self.core(),
            name,
            workflow: PhantomData,
        }
    }
}

/// A handler of updates that was set; it may be given a validator.
#[derive(Debug)]
pub struct UpdateHandlerSet<'a, W> {
    core: &'a Arc<Core>,
    name: Option<String>,
    workflow: PhantomData<fn(W)>,
}

impl<W: Send + 'static> UpdateHandlerSet<'_, W> {
    /// Accepts or refuses an update before it is recorded: from the state, and the arguments as they came. An error, a
    /// value that does not decode and a panic refuse it. It is not asked again on replay.
    pub fn validator(
        self,
        validator: impl Fn(&W, Vec<RawValue>) -> Result<()> + Send + Sync + 'static,
    ) {
        let validator = reads(move |state, _, arguments| validator(state, arguments));
        self.core.set_validator(&self.name, validator);
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

fn reads<W: 'static, T: Payload>(
    handler: impl Fn(&W, &str, Vec<RawValue>) -> Result<T> + Send + Sync + 'static,
) -> Reads {
    Arc::new(move |state, name, input| {
        let state = state.downcast_ref::<W>().ok_or_else(not_the_state)?;
        encoded(handler(state, name, raw(input)))
    })
}

fn waits<W: Send + 'static, T: Payload, F>(
    handler: impl Fn(Wf<W>, String, Vec<RawValue>) -> F + Send + Sync + 'static,
) -> Waits
where
    F: Future<Output = Result<T>> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |core, name, input| {
        let (handler, mut wf) = (handler.clone(), Wf::<W>::handler(core));
        Box::pin(async move {
            wf.__take();
            encoded(handler(wf, name, raw(input)).await)
        })
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
