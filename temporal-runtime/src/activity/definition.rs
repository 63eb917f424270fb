//! The traits that `#[activity]` implements, and the plain description of a call.

use std::{cell::Cell, future::Future, marker::PhantomData, pin::Pin, time::Duration};

use temporal_protos::common::Payload as RawPayload;

use super::Invocation;
use crate::{
    error::{Failed, Result},
    options::{ActivityDefaults, CancellationType, Priority, RetryPolicy},
};

/// What an attempt gives.
pub type ActivityResult = std::result::Result<RawPayload, Failed>;

/// An attempt of an async activity.
pub type ActivityFuture = Pin<Box<dyn Future<Output = ActivityResult> + Send>>;

/// How an activity is called.
#[derive(Clone, Copy)]
pub enum Invoke {
    /// An `async fn`, on the async runtime.
    Async(fn(Invocation, Vec<RawPayload>) -> ActivityFuture),
    /// A plain `fn`, on the blocking pool.
    Blocking(fn(Invocation, Vec<RawPayload>) -> ActivityResult),
    /// A test's own answer.
    Mock(&'static (dyn Fn(Vec<RawPayload>) -> ActivityFuture + Send + Sync)),
}

impl std::fmt::Debug for Invoke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Async(_) => "Async",
            Self::Blocking(_) => "Blocking",
            Self::Mock(_) => "Mock",
        })
    }
}

/// An activity definition; `#[activity]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an activity",
    note = "put `#[activity]` on the function"
)]
pub trait ActivityDef: Sized + Send + 'static {
    /// The activity type.
    const NAME: &'static str;
    /// Its own task queue, if it has one.
    const TASK_QUEUE: Option<&'static str>;
    /// What its attribute declares.
    const DEFAULTS: ActivityDefaults;
    /// Its arguments, as a tuple.
    type Args: Send + 'static;
    /// Its result.
    type Output: Send + 'static;
    /// Whether a timeout is declared: [`TimeoutSet`] or [`NoTimeout`].
    type Timeout;
    #[doc(hidden)]
    fn encode(args: Self::Args) -> Result<Vec<RawPayload>>;
    #[doc(hidden)]
    fn decode(result: RawPayload) -> Result<Self::Output>;
}

/// A call without a timeout yet.
#[derive(Debug)]
pub struct NoTimeout;

/// A call with a timeout.
#[derive(Debug)]
pub struct TimeoutSet;

/// A call of activity `A` has a timeout.
#[diagnostic::on_unimplemented(
    message = "the activity `{A}` is called without a timeout",
    label = "no timeout set",
    note = "set one here: `.start_to_close(..)` or `.schedule_to_close(..)`",
    note = "or once, where the activity is defined: `#[activity(start_to_close = \"30s\")]`"
)]
pub trait HasTimeout<A> {}

impl<A> HasTimeout<A> for TimeoutSet {}

/// A described call of an activity: nothing happens until a workflow runs it with `wf.execute(..)` or `wf.start(..)`.
#[must_use = "an activity call does nothing until you pass it to `wf.execute(..)`"]
pub struct ActivityCall<A: ActivityDef, T = <A as ActivityDef>::Timeout> {
    pub(crate) args: A::Args,
    pub(crate) defaults: ActivityDefaults,
    pub(crate) more: Box<MoreOptions>,
    timeout: PhantomData<T>,
}

/// What calls rarely set.
#[derive(Debug, Default)]
pub(crate) struct MoreOptions {
    /// Only of a call by name.
    pub(crate) activity_type: Option<String>,
    pub(crate) task_queue: Option<String>,
    pub(crate) activity_id: Option<String>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) summary: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) disable_eager: bool,
}

impl<A: ActivityDef> ActivityCall<A> {
    #[doc(hidden)]
    pub fn new(args: A::Args) -> Self {
        Self {
            args,
            defaults: A::DEFAULTS,
            more: Box::default(),
            timeout: PhantomData,
        }
    }
}

impl<A: ActivityDef, T> ActivityCall<A, T> {
    fn with_timeout(self) -> ActivityCall<A, TimeoutSet> {
        ActivityCall {
            args: self.args,
            defaults: self.defaults,
            more: self.more,
            timeout: PhantomData,
        }
    }

    /// Time for one attempt.
    pub fn start_to_close(mut self, timeout: Duration) -> ActivityCall<A, TimeoutSet> {
        self.defaults.start_to_close = Some(timeout);
        self.with_timeout()
    }

    /// Time for all attempts together, waits included.
    pub fn schedule_to_close(mut self, timeout: Duration) -> ActivityCall<A, TimeoutSet> {
        self.defaults.schedule_to_close = Some(timeout);
        self.with_timeout()
    }

    /// Time until a worker must have taken it.
    pub const fn schedule_to_start(mut self, timeout: Duration) -> Self {
        self.defaults.schedule_to_start = Some(timeout);
        self
    }

    /// Time between two heartbeats; without one, a dead worker is noticed only by the other timeouts.
    pub const fn heartbeat(mut self, timeout: Duration) -> Self {
        self.defaults.heartbeat = Some(timeout);
        self
    }

    /// How many attempts there are in all; 0 means no limit.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.defaults.max_attempts = attempts;
        self
    }

    /// How failed attempts are repeated, in place of what the attribute declares.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.more.retry_policy = Some(policy);
        self
    }

    /// What a cancelled wait does.
    pub const fn cancellation_type(mut self, cancellation: CancellationType) -> Self {
        self.defaults.cancellation = cancellation;
        self
    }

    /// Another task queue than the one the attribute names, or the workflow's.
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.more.task_queue = Some(task_queue.into());
        self
    }

    /// An id of its own, unique among the open activities of the run; numbered if not given.
    pub fn id(mut self, activity_id: impl Into<String>) -> Self {
        self.more.activity_id = Some(activity_id.into());
        self
    }

    /// How urgent it is, and whose work it is; the workflow's if not given.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.more.priority = Some(priority);
        self
    }

    /// Goes through its task queue, and is not handed to this worker with the answer to the workflow task, even if the
    /// worker has room for it.
    pub fn disable_eager_execution(mut self) -> Self {
        self.more.disable_eager = true;
        self
    }

    /// One line for people who look at the run.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.more.summary = Some(summary.into());
        self
    }
}

/// Generated code passes every async activity through here.
pub fn activity_future<F>(future: F) -> F
where
    F: Future + Send, // an activity runs on the shared thread pool: keep no `Rc`, `RefCell` borrow or lock guard across an `.await`
{
    future
}

thread_local! {
    static IN_WORKFLOW: Cell<bool> = const { Cell::new(false) };
}

/// Workflow code runs on this thread as long as this lives.
pub(crate) struct InWorkflow(bool);

impl InWorkflow {
    pub(crate) fn enter() -> Self {
        Self(IN_WORKFLOW.replace(true))
    }

    /// Whether workflow code runs on this thread.
    pub(crate) fn now() -> bool {
        IN_WORKFLOW.get()
    }
}

impl Drop for InWorkflow {
    fn drop(&mut self) {
        IN_WORKFLOW.set(self.0);
    }
}

/// The first statement of every activity: the types cannot see that a workflow called the plain function.
///
/// # Panics
/// In workflow code, with what to write instead.
#[track_caller]
pub fn not_in_workflow(name: &'static str) {
    assert!(
        !InWorkflow::now(),
        "the activity `{name}` was called directly inside a workflow; write `wf.execute({name}::with(..)).await?`"
    );
}
