//! [`Wf`], the one handle of workflow code.

use std::{
    future::Future,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::Arc,
    time::{Duration, SystemTime},
};

use temporal_protos::common::Payload as RawPayload;

use super::{
    Core, Pending,
    definition::State,
    info::WorkflowInfo,
    operation::{Begin, Value},
    role::Role,
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
    pub(super) core: Arc<Core>,
    pub(super) scope: ScopeId,
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
    pub fn __take(&mut self) {
        if self.held.is_none() {
            self.held = self.core.take_state();
        }
    }

    /// Gives the state back.
    #[doc(hidden)]
    pub fn __put(&mut self) {
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
        self.__put();
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
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn count_pages(wf: &mut Wf, site: String) -> Result<u32> {
    ///     wf.execute(crawl::with(site)).await // an activity; a call of a workflow is a child
    /// }
    /// ```
    ///
    /// # Errors
    /// The operation failed, or was cancelled.
    #[track_caller]
    pub fn execute<O: Op<W>>(&mut self, op: O) -> Wait<'_, W, Result<O::Output>> {
        self.waiting(Location::caller(), wait_for(op.starter()))
    }

    /// Starts an operation; wait for its handle later.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_meanwhile(wf: &mut Wf, site: String) -> Result<u32> {
    ///     let pages = wf.start(crawl::with(site));
    ///     wf.sleep(Duration::from_secs(60)).await?;
    ///     wf.execute(pages).await
    /// }
    /// ```
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
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[workflow] #[derive(Default)] struct Order { paid: bool }
    /// #[workflow]
    /// impl Order {
    ///     #[run]
    ///     async fn run(wf: &mut Wf<Self>) -> Result<()> {
    ///         wf.wait(|state| state.paid).await
    ///     }
    ///
    ///     #[signal]
    ///     fn pay(&mut self) { self.paid = true; }
    /// }
    /// ```
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
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_both(wf: &mut Wf) -> Result<u32> {
    ///     let (a, b) = wf.join((crawl::with("a"), crawl::with("b"))).await?;
    ///     Ok(a + b)
    /// }
    /// ```
    ///
    /// # Errors
    /// The first failure.
    #[track_caller]
    pub fn join<J: Join<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::Output>> {
        self.waiting(Location::caller(), ops.join())
    }

    /// Waits for all of many operations; the first failure ends it and cancels the rest.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_all(wf: &mut Wf, sites: Vec<String>) -> Result<u32> {
    ///     Ok(wf.join_all(sites.into_iter().map(crawl::with)).await?.iter().sum())
    /// }
    /// ```
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
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_what_can_be(wf: &mut Wf) -> Result<u32> {
    ///     let (a, b) = wf.settle((crawl::with("a"), crawl::with("b"))).await;
    ///     Ok(a.unwrap_or_default() + b.unwrap_or_default())
    /// }
    /// ```
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
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_in_time(wf: &mut Wf) -> Result<Option<u32>> {
    ///     let hour = timer(Duration::from_secs(3600));
    ///     Ok(match wf.race((crawl::with("a"), hour)).await? {
    ///         First2::First(pages) => Some(pages),
    ///         First2::Second(()) => None, // the activity was cancelled
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    /// The first that ended failed, or all were cancelled.
    #[track_caller]
    pub fn race<J: Race<W>>(&mut self, ops: J) -> Wait<'_, W, Result<J::First>> {
        self.waiting(Location::caller(), ops.race())
    }

    /// Waits for the next of many handles to end, takes it out of the list, and gives its place in the list and its
    /// result. The others go on. An empty list is over at once, with `None`.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
    /// #[workflow]
    /// async fn crawl_in_any_order(wf: &mut Wf, sites: Vec<String>) -> Result<u32> {
    ///     let mut all: Vec<_> = sites.into_iter().map(|site| wf.start(crawl::with(site))).collect();
    ///     let mut pages = 0;
    ///     while let Some((_, found)) = wf.next(&mut all).await {
    ///         pages += found?;
    ///     }
    ///     Ok(pages)
    /// }
    /// ```
    #[track_caller]
    pub fn next<'a, T: Send + 'static, H>(
        &'a mut self,
        handles: &'a mut Vec<Pending<W, T, H>>,
    ) -> Next<'a, W, T, H> {
        let wait = self.waiting(Location::caller(), select::next(handles));
        Next { wait, handles }
    }

    /// Runs a task beside this one, in a scope below the current one; cancelling its handle cancels that scope.
    ///
    /// ```
    /// # use temporal_runtime::prelude::*;
    /// #[workflow]
    /// async fn naps(wf: &mut Wf) -> Result<u32> {
    ///     let nap = wf.spawn(async |mut wf: Wf| {
    ///         wf.sleep(Duration::from_secs(60)).await?;
    ///         Ok::<_, Error>(1)
    ///     });
    ///     wf.sleep(Duration::from_secs(60)).await?;
    ///     wf.execute(nap).await
    /// }
    /// ```
    pub fn spawn<T, E, F>(&mut self, task: impl FnOnce(Self) -> F + Send + 'static) -> Pending<W, T>
    where
        T: Send + 'static,
        E: Into<BoxError>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let scope = self.core.enter_scope(Some(self.scope), false);
        let id = self.core.begin(self.scope, Begin::Task(scope));
        let (core, update) = (self.core.clone(), self.update.clone());
        let task = Box::pin(async move {
            let mut wf = Self::at(&core, scope, Some(scope));
            wf.update = update;
            wf.__take();
            let result = task(wf)
                .await
                .map_err(|error| Error::from_boxed(error.into()));
            core.finish(id, result.map(|value| Value::Any(Box::new(value))));
            Ok(RawPayload::default())
        });
        self.core.spawn(Role::Spawned, task);
        Pending::new(self.core.clone(), id, Decode::Any)
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

    /// The workflow's time, the same on replay: when the current workflow task started, or when the last local activity
    /// ended that gave its result in it. It stands still in between, however long code takes.
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
