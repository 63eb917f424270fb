//! [`Wf`], the one handle of workflow code, and the guard of an inner scope.

use std::{
    future::Future,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Core, Pending,
    definition::State,
    info::WorkflowInfo,
    operation::{Begin, Value},
    scope::ScopeId,
    select::{self, Join, Next, Race},
    update::CurrentUpdate,
    wait::{BeginWait, Condition, Decode, Op, Wait, timer, wait_for},
};
use crate::error::{BoxError, Error, Result};

/// The one handle of a workflow function: its state, through `Deref`, and its commands.
///
/// While the function runs, `wf` holds the state; while it waits, handlers may change it. That is why every wait takes
/// `&mut Wf`: no borrow of the state can live across one. A `&Wf` can only read.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// #[derive(Default)]
/// struct Reminder { snoozed: bool }
///
/// #[workflow]
/// impl Reminder {
///     #[run]
///     async fn run(wf: &mut Wf<Self>, text: String) -> Result<String> {
///         wf.sleep(Duration::from_secs(3600)).await?;
///         if wf.snoozed {
///             wf.sleep(Duration::from_secs(600)).await?;
///         }
///         Ok(text)
///     }
///
///     #[signal]
///     fn snooze(&mut self) { self.snoozed = true; }
/// }
/// ```
pub struct Wf<W: 'static = ()> {
    held: Option<State>,
    core: Arc<Core>,
    scope: ScopeId,
    /// A scope that belongs to this task alone, and goes with it.
    own_scope: Option<ScopeId>,
    pub(super) update: CurrentUpdate,
    workflow: PhantomData<fn() -> W>,
}

impl<W: 'static> std::fmt::Debug for Wf<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wf")
    }
}

impl<W: 'static> Wf<W> {
    /// For the run function.
    #[doc(hidden)]
    #[must_use]
    pub fn fork(core: &Arc<Core>) -> Self {
        Self::at(core, ScopeId::RUN, None)
    }

    /// For an async handler: a scope of its own, which a cancel request does not reach.
    #[doc(hidden)]
    #[must_use]
    pub fn handler(core: &Arc<Core>) -> Self {
        let scope = core.enter_scope(None, false);
        Self::at(core, scope, Some(scope))
    }

    /// For what neither waits nor commands.
    #[doc(hidden)]
    #[must_use]
    pub fn reader(core: &Arc<Core>) -> Self {
        Self::at(core, ScopeId::RUN, None)
    }

    fn at(core: &Arc<Core>, scope: ScopeId, own_scope: Option<ScopeId>) -> Self {
        Self {
            held: None,
            core: core.clone(),
            scope,
            own_scope,
            update: core.current_update(),
            workflow: PhantomData,
        }
    }

    /// Takes the state out of the run's slot.
    #[doc(hidden)]
    pub fn take(&mut self) {
        if self.held.is_none() {
            self.held = self.core.take_state();
        }
    }

    /// Gives the state back.
    #[doc(hidden)]
    pub fn put(&mut self) {
        if let Some(state) = self.held.take() {
            self.core.put_state(state);
        }
    }

    pub(super) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Whether this is the handle of a handler or a spawned task.
    pub(super) const fn is_beside_run(&self) -> bool {
        self.own_scope.is_some()
    }

    pub(super) const fn scope_id(&self) -> ScopeId {
        self.scope
    }
}

impl<W: 'static> Drop for Wf<W> {
    fn drop(&mut self) {
        self.put();
        if let Some(scope) = self.own_scope {
            self.core.leave_scope(scope);
        }
    }
}

const ELSEWHERE: &str = "this `Wf` belongs to another task: use the one this function was given";

impl<W: 'static> Deref for Wf<W> {
    type Target = W;
    fn deref(&self) -> &W {
        self.held
            .as_ref()
            .and_then(|state| state.downcast_ref())
            .expect(ELSEWHERE)
    }
}

impl<W: 'static> DerefMut for Wf<W> {
    fn deref_mut(&mut self) -> &mut W {
        self.held
            .as_mut()
            .and_then(|state| state.downcast_mut())
            .expect(ELSEWHERE)
    }
}

impl<W: Send + 'static> Wf<W> {
    fn waiting<R>(
        &mut self,
        at: &'static Location<'static>,
        begin: BeginWait<R>,
    ) -> Wait<'_, W, R> {
        Wait::new(self, at, begin)
    }

    /// Starts an operation and waits for it; or waits for one that was started before.
    ///
    /// # Errors
    /// The operation failed, or was cancelled.
    #[track_caller]
    pub fn execute<O: Op<W>>(&mut self, op: O) -> Wait<'_, W, Result<O::Output>> {
        self.waiting(Location::caller(), wait_for(op.starter()))
    }

    /// Starts an operation; wait for its handle later.
    #[track_caller]
    pub fn start<O: Op<W>>(&mut self, op: O) -> Pending<W, O::Output, O::Handle> {
        self.core.set_last_op(Location::caller());
        (op.starter().0)(&self.core, self.scope).with_handle()
    }

    /// Waits for a durable timer: it survives the worker and the service.
    ///
    /// # Errors
    /// It was cancelled.
    #[track_caller]
    pub fn sleep(&mut self, delay: Duration) -> Wait<'_, W, Result<()>> {
        self.execute(timer(delay))
    }

    /// Waits until a condition on the state holds. It is asked again after every message and every other event.
    ///
    /// # Errors
    /// It was cancelled.
    #[track_caller]
    pub fn wait(
        &mut self,
        condition: impl FnMut(&W) -> bool + Send + 'static,
    ) -> Wait<'_, W, Result<()>> {
        self.execute(Condition(condition))
    }

    /// Waits for all of a tuple of operations; the first failure ends it and cancels the rest.
    ///
    /// # Errors
    /// The first failure.
    #[track_caller]
    pub fn join<J: Join<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::Output>> {
        self.waiting(Location::caller(), ops.join())
    }

    /// Waits for all of many operations; the first failure ends it and cancels the rest.
    ///
    /// # Errors
    /// The first failure.
    #[track_caller]
    pub fn join_all<O: Op<W>>(
        &mut self,
        ops: impl IntoIterator<Item = O>,
    ) -> Wait<'_, W, Result<Vec<O::Output>>> {
        self.waiting(Location::caller(), select::join_all(ops))
    }

    /// Waits for all of a tuple of operations, whatever becomes of each.
    #[track_caller]
    pub fn settle<J: Join<W>>(&mut self, ops: J) -> Wait<'_, W, J::Settled> {
        self.waiting(Location::caller(), ops.settle())
    }

    /// Waits for all of many operations, whatever becomes of each.
    #[track_caller]
    pub fn settle_all<O: Op<W>>(
        &mut self,
        ops: impl IntoIterator<Item = O>,
    ) -> Wait<'_, W, Vec<Result<O::Output>>> {
        self.waiting(Location::caller(), select::settle_all(ops))
    }

    /// Waits for the first of a tuple of operations to end (of several, the leftmost) and cancels those it was given;
    /// those it was lent, as `&mut handle`, go on.
    ///
    /// # Errors
    /// The first that ended failed, or all were cancelled.
    #[track_caller]
    pub fn race<J: Race<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::First>> {
        self.waiting(Location::caller(), ops.race())
    }

    /// Waits for the next of many handles to end, takes it out of the list, and gives its place in the list and its
    /// result. The others go on. An empty list is over at once, with `None`.
    #[track_caller]
    pub fn next<'a, T: Send + 'static, H>(
        &'a mut self,
        handles: &'a mut Vec<Pending<W, T, H>>,
    ) -> Next<'a, W, T, H> {
        let wait = self.waiting(Location::caller(), select::next(handles));
        Next { wait, handles }
    }

    /// Runs a task beside this one, in a scope below the current one; cancelling its handle cancels that scope.
    pub fn spawn<T, E, F>(&mut self, task: impl FnOnce(Self) -> F + Send + 'static) -> Pending<W, T>
    where
        T: Send + 'static,
        E: Into<BoxError>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let scope = self.core.enter_scope(Some(self.scope), false);
        let id = self.core.begin(self.scope, Begin::Task(scope));
        let (core, update) = (self.core.clone(), self.update.clone());
        self.core.spawn(Box::pin(async move {
            let mut wf = Self::at(&core, scope, Some(scope));
            wf.update = update;
            wf.take();
            let result = task(wf)
                .await
                .map_err(|error| Error::from_boxed(error.into()));
            core.finish(id, result.map(|value| Value::Any(Box::new(value))));
        }));
        Pending::new(self.core.clone(), id, Decode::Any)
    }

    /// Until the guard goes, a cancellation from outside does not reach what is started here: for cleanup.
    pub fn shielded(&mut self) -> Scoped<'_, W> {
        self.enter(true)
    }

    /// Until the guard goes, what is started here can be cancelled on its own, through its [`canceller`](Self::canceller).
    pub fn scope(&mut self) -> Scoped<'_, W> {
        self.enter(false)
    }

    fn enter(&mut self, shielded: bool) -> Scoped<'_, W> {
        let outer = self.scope;
        self.scope = self.core.enter_scope(Some(outer), shielded);
        Scoped { wf: self, outer }
    }

    /// Cancels the current scope from elsewhere: keep it in the state, for a handler.
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

    /// The state as a plain reference; where `Deref` cannot split borrows, this can.
    #[must_use]
    pub fn state(&self) -> &W {
        self
    }

    /// The state as a plain mutable reference; where `Deref` cannot split borrows, this can.
    #[must_use]
    pub fn state_mut(&mut self) -> &mut W {
        self
    }

    /// The workflow's time: that of the current workflow task, the same on replay.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.core.now()
    }

    /// What this run knows of itself: ids, options, memo, how long its history is.
    #[must_use]
    pub fn info(&self) -> Arc<WorkflowInfo> {
        self.core.info()
    }

    /// Whether the code runs again over its history. Only for effects outside the workflow, such as printing.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        self.core.is_replaying()
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
