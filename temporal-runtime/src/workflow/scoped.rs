//! Inner scopes: the guard of one, and who cancels it from elsewhere.

use std::{
    future::Future,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use super::{
    Core, Pending, Wf,
    scope::ScopeId,
    select::{Join, Next, Race},
    wait::{Op, Wait},
};
use crate::error::{BoxError, Result};

impl<W: Send + 'static> Wf<W> {
    /// Until the guard goes, a cancellation from outside does not reach what is started here: for cleanup.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn clean_up() -> Result<()> { Ok(()) }
    /// #[workflow]
    /// async fn tidy(wf: &mut Wf) -> Result<()> {
    ///     let slept = wf.sleep(Duration::from_secs(3600)).await;
    ///     wf.shielded().execute(clean_up::with()).await?; // even if the workflow was cancelled
    ///     slept
    /// }
    /// ```
    pub fn shielded(&mut self) -> Scoped<'_, W> {
        self.enter(true)
    }

    /// Until the guard goes, what is started here can be cancelled on its own, through its [`canceller`](Self::canceller).
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// #[workflow]
    /// #[derive(Default)]
    /// struct Alarm { stop: Option<Canceller> }
    ///
    /// #[workflow]
    /// impl Alarm {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>) -> Result<bool> {
    ///         let mut wf = wf.scope();
    ///         wf.stop = Some(wf.canceller());
    ///         Ok(wf.sleep(Duration::from_secs(3600)).await.is_err())
    ///     }
    ///
    ///     #[signal]
    ///     fn stop(&mut self) {
    ///         if let Some(stop) = &mut self.stop { stop.cancel(); }
    ///     }
    /// }
    /// ```
    pub fn scope(&mut self) -> Scoped<'_, W> {
        self.enter(false)
    }

    fn enter(&mut self, shielded: bool) -> Scoped<'_, W> {
        let outer = self.scope;
        self.scope = self.core.enter_scope(Some(outer), shielded);
        Scoped { wf: self, outer }
    }

    /// Cancels the current scope from elsewhere: keep it in the state, for a handler; see [`scope`](Self::scope).
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller {
            core: self.core.clone(),
            scope: self.scope,
        }
    }

    /// Whether the current scope is cancelled: a wait that starts now would be over at once.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.core.cancelled(self.scope).is_some()
    }
}

/// A [`Wf`] in an inner scope; the outer one is back when this goes.
#[must_use = "the scope lasts as long as this: wait through it, as in `wf.shielded().execute(..)` or `let mut wf = wf.shielded();`"]
#[derive(Debug)]
pub struct Scoped<'a, W: 'static> {
    wf: &'a mut Wf<W>,
    outer: ScopeId,
}

impl<W: 'static> Deref for Scoped<'_, W> {
    type Target = Wf<W>;
    fn deref(&self) -> &Wf<W> {
        self.wf
    }
}

impl<W: 'static> DerefMut for Scoped<'_, W> {
    fn deref_mut(&mut self) -> &mut Wf<W> {
        self.wf
    }
}

impl<W: 'static> Drop for Scoped<'_, W> {
    fn drop(&mut self) {
        let inner = std::mem::replace(&mut self.wf.scope, self.outer);
        self.wf.core.leave_scope(inner);
    }
}

/// The methods with arguments once more: through `DerefMut` their arguments could not read the state, because an
/// overloaded deref is not a two-phase borrow.
impl<W: Send + 'static> Scoped<'_, W> {
    /// As [`Wf::execute`].
    #[track_caller]
    pub fn execute<O: Op<W>>(&mut self, op: O) -> Wait<'_, W, Result<O::Output>> {
        self.wf.execute(op)
    }

    /// As [`Wf::start`].
    #[track_caller]
    pub fn start<O: Op<W>>(&mut self, op: O) -> Pending<W, O::Output, O::Handle> {
        self.wf.start(op)
    }

    /// As [`Wf::sleep`].
    #[track_caller]
    pub fn sleep(&mut self, delay: Duration) -> Wait<'_, W, Result<()>> {
        self.wf.sleep(delay)
    }

    /// As [`Wf::wait`].
    #[track_caller]
    pub fn wait(
        &mut self,
        condition: impl FnMut(&W) -> bool + Send + 'static,
    ) -> Wait<'_, W, Result<()>> {
        self.wf.wait(condition)
    }

    /// As [`Wf::join`].
    #[track_caller]
    pub fn join<J: Join<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::Output>> {
        self.wf.join(ops)
    }

    /// As [`Wf::join_all`].
    #[track_caller]
    pub fn join_all<O: Op<W>>(
        &mut self,
        ops: impl IntoIterator<Item = O>,
    ) -> Wait<'_, W, Result<Vec<O::Output>>> {
        self.wf.join_all(ops)
    }

    /// As [`Wf::settle`].
    #[track_caller]
    pub fn settle<J: Join<W>>(&mut self, ops: J) -> Wait<'_, W, J::Settled> {
        self.wf.settle(ops)
    }

    /// As [`Wf::settle_all`].
    #[track_caller]
    pub fn settle_all<O: Op<W>>(
        &mut self,
        ops: impl IntoIterator<Item = O>,
    ) -> Wait<'_, W, Vec<Result<O::Output>>> {
        self.wf.settle_all(ops)
    }

    /// As [`Wf::race`].
    #[track_caller]
    pub fn race<J: Race<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::First>> {
        self.wf.race(ops)
    }

    /// As [`Wf::next`].
    #[track_caller]
    pub fn next<'a, T: Send + 'static, H>(
        &'a mut self,
        handles: &'a mut Vec<Pending<W, T, H>>,
    ) -> Next<'a, W, T, H> {
        self.wf.next(handles)
    }

    /// As [`Wf::spawn`].
    pub fn spawn<T, E, F>(
        &mut self,
        task: impl FnOnce(Wf<W>) -> F + Send + 'static,
    ) -> Pending<W, T>
    where
        T: Send + 'static,
        E: Into<BoxError>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.wf.spawn(task)
    }
}

/// Cancels a scope from elsewhere, such as a signal handler; see [`Wf::canceller`].
#[derive(Clone)]
pub struct Canceller {
    core: Arc<Core>,
    scope: ScopeId,
}

impl Canceller {
    /// Asks everything in the scope to stop, and returns at once. A second request does nothing. It takes `&mut self`,
    /// so that a query cannot do it.
    pub fn cancel(&mut self) {
        self.core.assert_may_command();
        self.core
            .cancel_scope(self.scope, "its scope was cancelled");
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canceller")
    }
}
