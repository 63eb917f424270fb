//! The traits that `#[activity]` implements.

use std::{cell::Cell, future::Future, pin::Pin};

use temporal_protos::common::Payload as RawPayload;

use super::Invocation;
use crate::{
    error::{Failed, Result},
    options::ActivityDefaults,
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
