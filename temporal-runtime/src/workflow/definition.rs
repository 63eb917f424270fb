//! The traits that `#[workflow]` implements, and the thin functions through which the executor reaches user code.
//! Nothing here is generic over the workflow once it runs: the executor is compiled once.

use std::{
    any::Any, collections::BTreeMap, future::Future, marker::PhantomData, pin::Pin, sync::Arc,
    time::Duration,
};

use temporal_protos::common::Payload as RawPayload;

use super::{
    core::Core,
    inherited::{Answers, Handles, Inherited, Validates},
};
use crate::{
    error::{Failed, Result},
    memo::MemoUpdate,
    options::{CancellationType, IdReusePolicy, ParentClosePolicy, Priority, RetryPolicy},
    search_attributes::{SearchAttributeUpdate, SearchAttributes},
};

/// A boxed future.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The state of one run, without its type.
pub type State = Box<dyn Any + Send>;

/// What a function of a workflow gives.
pub type Output = std::result::Result<RawPayload, Failed>;

/// Name and task queue of a workflow.
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    /// The workflow type.
    pub name: &'static str,
    /// Its own task queue, if it has one.
    pub task_queue: Option<&'static str>,
    /// The types of errors that end it.
    pub fail_on: &'static [&'static str],
    /// The handlers that it has from traits.
    pub inherited: &'static [Inherited],
}

/// A signal, query or update that a workflow handles.
#[derive(Debug, Clone, Copy)]
pub struct HandlerReg {
    /// Its name on the wire; "*" for a dynamic handler.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The run may end while it still runs, and nobody is warned of that.
    pub abandon: bool,
}

/// A workflow definition; `#[workflow] impl` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a workflow yet",
    label = "no `#[workflow] impl {Self}` block with a `#[run]` function",
    note = "a workflow is a `#[workflow]` type plus one `#[workflow] impl` block that has `#[run]`"
)]
pub trait WorkflowDef: Sized + 'static {
    #[doc(hidden)]
    const META: Meta;
    /// Its arguments, as a tuple.
    type Args: Send + 'static;
    /// Its result.
    type Output: Send + 'static;
    /// The typed handle.
    type Handle<S: Send + Sync + 'static>: From<crate::client::WorkflowHandle<Self, S>> + Send;
    #[doc(hidden)]
    fn encode(args: Self::Args) -> Result<Vec<RawPayload>>;
    #[doc(hidden)]
    fn decode(result: RawPayload) -> Result<Self::Output>;
}

/// A `#[workflow]` type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has a `#[workflow] impl` block but is not marked `#[workflow]` itself",
    label = "add `#[workflow]` to the definition of `{Self}`"
)]
pub trait WorkflowState: Sized + 'static {
    #[doc(hidden)]
    const META: Meta;
}

/// A workflow type without an `#[init]` begins with this.
#[diagnostic::on_unimplemented(
    message = "the workflow `{Self}` has no starting state",
    label = "neither `#[init]` here nor `Default` on `{Self}`",
    note = "add `#[derive(Default)]` to `{Self}`, or an `#[init]` function: `#[init] fn new(/* workflow arguments */) -> Self`"
)]
pub trait InitialState {
    #[doc(hidden)]
    fn initial() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> InitialState for T {
    fn initial() -> T {
        T::default()
    }
}

/// A message that reached a handler.
pub enum Handled {
    /// A plain handler ran.
    Done(Output),
    /// An async handler has yet to run.
    Task(BoxFuture<Output>),
}

impl std::fmt::Debug for Handled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Done(_) => "Done",
            Self::Task(_) => "Task",
        })
    }
}

/// The future of a run function, or why there is none.
pub type Begun = std::result::Result<BoxFuture<Output>, Failed>;

/// What a validator says.
pub type Validated = std::result::Result<(), Failed>;

/// How one workflow type is driven. Each function is thin and generated; none is generic.
///
/// Messages without a handler give `None`.
#[derive(Debug, Clone, Copy)]
pub struct VTable {
    /// Builds the state.
    pub init: fn(Vec<RawPayload>) -> std::result::Result<State, Failed>,
    /// Decodes the arguments and makes the future of the run function.
    pub run: fn(Arc<Core>, Vec<RawPayload>) -> Begun,
    /// Handles a signal.
    pub signal: Handles,
    /// Answers a query.
    pub query: Answers,
    /// Decodes the arguments of an update and asks its validator. Not called on replay.
    pub validate: Validates,
    /// Handles an update that was accepted.
    pub update: Handles,
}

/// Boxes a state.
pub fn state<W: Any + Send>(state: W) -> State {
    Box::new(state)
}

/// Fails to compile where `W` is not a whole workflow.
pub const fn assert_workflow<W: WorkflowDef>() {}

/// Fails to compile where `W` is not a `#[workflow]` type.
pub const fn assert_state<W: WorkflowState>() {}

/// Generated code passes every workflow future through here.
pub fn workflow_future<F>(future: F) -> F
where
    F: Future + Send, // a workflow moves between worker threads: keep no `Rc`, `RefCell` borrow or lock guard across an `.await`
{
    future
}

/// A described call of a workflow: pass it to `client.start(..)` or `client.execute(..)`, or run it as a child with
/// `wf.execute(..)` or `wf.start(..)`.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[workflow]
/// async fn hello(_wf: &mut Wf, name: String) -> Result<String> {
///     Ok(format!("hello {name}"))
/// }
///
/// #[workflow]
/// async fn greets_a_guest(wf: &mut Wf) -> Result<String> {
///     wf.execute(hello::with("guest").run_timeout(Duration::from_secs(60))).await // a child
/// }
///
/// async fn caller(client: &Client) -> Result<String> {
///     client.execute(hello::with("you").static_summary("greets you")).id("hello-1").await
/// }
/// ```
#[must_use = "a workflow call does nothing until you pass it to `client.start(..)` or `wf.execute(..)`"]
pub struct WorkflowCall<W: WorkflowDef> {
    pub(crate) args: W::Args,
    pub(crate) options: Box<WorkflowOptions>,
    pub(crate) workflow: PhantomData<fn() -> W>,
}

/// What a start may set.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkflowOptions {
    /// Only of a call by name.
    pub(crate) workflow_type: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) id_reuse_policy: IdReusePolicy,
    pub(crate) task_queue: Option<String>,
    pub(crate) execution_timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) parent_close_policy: ParentClosePolicy,
    pub(crate) cancellation: Option<CancellationType>,
    pub(crate) cron_schedule: Option<String>,
    pub(crate) static_summary: Option<String>,
    pub(crate) static_details: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) memo: Option<MemoUpdate>,
    pub(crate) search_attributes: Option<BTreeMap<String, RawPayload>>,
}

impl<W: WorkflowDef> WorkflowCall<W> {
    #[doc(hidden)]
    pub fn new(args: W::Args) -> Self {
        Self {
            args,
            options: Box::default(),
            workflow: PhantomData,
        }
    }

    /// The workflow id. Not given: a client makes one up, a child's is derived from its parent's run.
    pub fn id(mut self, workflow_id: impl Into<String>) -> Self {
        self.options.id = Some(workflow_id.into());
        self
    }

    /// Another task queue than the one the attribute names, or the caller's.
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.options.task_queue = Some(task_queue.into());
        self
    }

    /// Time for the whole chain of runs.
    pub fn execution_timeout(mut self, timeout: Duration) -> Self {
        self.options.execution_timeout = Some(timeout);
        self
    }

    /// Time for one run; it ends without its code hearing of it. To do something after a time, [sleep](super::Wf::sleep)
    /// or [wait for](super::Wf::wait_for) it.
    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.options.run_timeout = Some(timeout);
        self
    }

    /// Time for one workflow task: 10 s if not given, and 120 s at most.
    pub fn task_timeout(mut self, timeout: Duration) -> Self {
        self.options.task_timeout = Some(timeout);
        self
    }

    /// How a failed run is repeated; not at all if not given.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.options.retry_policy = Some(policy);
        self
    }

    /// A note that describing and listing show.
    pub fn memo(
        mut self,
        key: impl Into<String>,
        value: impl serde::Serialize + Send + 'static,
    ) -> Self {
        let memo = self.options.memo.take().unwrap_or_default();
        self.options.memo = Some(memo.set(key, value));
        self
    }

    /// Search attributes, by typed keys: `.search_attributes([CUSTOMER.set("ann")])`.
    pub fn search_attributes(
        mut self,
        attributes: impl IntoIterator<Item = SearchAttributeUpdate>,
    ) -> Self {
        let fields = self.options.search_attributes.get_or_insert_default();
        fields.extend(SearchAttributes::updates(attributes));
        self
    }

    /// What becomes of it, as a child, when its parent closes. A client's start ignores it.
    pub fn parent_close_policy(mut self, policy: ParentClosePolicy) -> Self {
        self.options.parent_close_policy = policy;
        self
    }

    /// What a cancelled wait for it, as a child, does. A client's start ignores it.
    pub fn cancellation_type(mut self, cancellation: CancellationType) -> Self {
        self.options.cancellation = Some(cancellation);
        self
    }

    /// Whether the id may have been used by a workflow that has closed.
    pub fn id_reuse_policy(mut self, policy: IdReusePolicy) -> Self {
        self.options.id_reuse_policy = policy;
        self
    }

    /// Runs it again and again, by a cron schedule such as `"0 12 * * MON"` or `"@every 1h"`, in UTC, whatever becomes of
    /// a run. What waits for its result waits for the end of all that: a cancellation, a termination, or the last run
    /// for which the execution timeout has room.
    pub fn cron_schedule(mut self, schedule: impl Into<String>) -> Self {
        self.options.cron_schedule = Some(schedule.into());
        self
    }

    /// One line for people who look at the workflow, in Markdown.
    pub fn static_summary(mut self, summary: impl Into<String>) -> Self {
        self.options.static_summary = Some(summary.into());
        self
    }

    /// Whatever else people who look at the workflow should know, in Markdown.
    pub fn static_details(mut self, details: impl Into<String>) -> Self {
        self.options.static_details = Some(details.into());
        self
    }

    /// How urgent it is, and whose work it is; its activities and children inherit that.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.options.priority = Some(priority);
        self
    }
}

/// Stands for a type that could not be worked out because the definition has errors.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Unknown;

// ---- awaiting a description instead of running it ---------------------------------------------------------------

/// Never holds: its message tells what to write.
#[diagnostic::on_unimplemented(
    message = "`{T}` only describes work; a workflow runs it",
    label = "write `wf.execute(..).await?` around the call"
)]
pub trait RunItFirst<T> {}

/// Never holds: its message tells what to do instead.
#[diagnostic::on_unimplemented(
    message = "a workflow cannot send queries and updates to another workflow",
    label = "only a client can",
    note = "their answers would not be in history: signal the workflow instead, or ask it from an activity that has a `Client`"
)]
pub trait AskOutside<'a> {}

/// What [`RunItFirst`] and [`AskOutside`] are never implemented for.
#[derive(Debug)]
pub struct Direct;

macro_rules! not_a_future {
    ($([$($generics:tt)*] $type:ty => $output:ty;)*) => { $(
        impl<$($generics)*> Future for $type
        where
            Direct: RunItFirst<Self>,
        {
            type Output = $output;
            fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
                // the bound never holds, so nobody can call this
                std::task::Poll::Pending
            }
        }
    )* };
}

not_a_future! {
    [A: crate::activity::ActivityDef, T, P] crate::activity::ActivityCall<A, T, P> => Result<A::Output>;
    [W: WorkflowDef] WorkflowCall<W> => Result<W::Output>;
    [W, T, H] super::Pending<W, T, H> => Result<T>;
    [W] super::SignalWorkflow<W> => Result<()>;
    [W] super::CancelWorkflow<W> => Result<()>;
}
