//! The plain description of a call, to a worker of a task queue or to the workflow's own. Nothing here runs anything.

use std::{marker::PhantomData, time::Duration};

use super::{ActivityDef, ActivityOptions, TimeoutSet};
use crate::options::{ActivityDefaults, CancellationType, Priority, RetryPolicy};

/// A described call of an activity: nothing happens until a workflow runs it with `wf.execute(..)` or `wf.start(..)`.
///
/// What it does not set is as the attribute of the activity says:
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[activity(start_to_close = "30s", max_attempts = 5)]
/// async fn charge(cents: u64) -> Result<String> {
///     Ok(format!("receipt for {cents}"))
/// }
///
/// #[workflow]
/// async fn pay(wf: &mut Wf, cents: u64) -> Result<String> {
///     let call = charge::with(cents).id("the-charge").start_to_close(Duration::from_secs(60));
///     wf.execute(call.summary("charges the customer")).await
/// }
/// ```
#[must_use = "an activity call does nothing until you pass it to `wf.execute(..)`"]
pub struct ActivityCall<A: ActivityDef, T = <A as ActivityDef>::Timeout, P = Remote> {
    pub(crate) args: A::Args,
    pub(crate) defaults: ActivityDefaults,
    pub(crate) more: Box<MoreOptions>,
    kind: PhantomData<(T, P)>,
}

/// A described call of an activity that runs in the workflow's own worker, inside the workflow task: no task queue, no
/// heartbeats, one event in history where another activity has three. For what is short, and may run anew as a whole
/// if the worker is lost before the workflow task is over. Made by [`ActivityCall::local`].
///
/// While it runs, the worker keeps the workflow task open; the service hears of signals and updates that come meanwhile
/// only when it is over. A failed attempt is repeated by the worker; a wait above the
/// [threshold](ActivityCall::local_retry_threshold) is a timer instead. A cancellation reaches it at once.
///
/// ```
/// use temporal_runtime::prelude::*;
///
/// #[activity(start_to_close = "5s")]
/// async fn next_number(after: u64) -> Result<u64> { Ok(after + 1) }
///
/// #[workflow]
/// async fn counts(wf: &mut Wf) -> Result<u64> {
///     let call = next_number::with(41_u64).local().local_retry_threshold(Duration::from_secs(2));
///     wf.execute(call).await
/// }
/// ```
pub type LocalActivityCall<A, T = <A as ActivityDef>::Timeout> = ActivityCall<A, T, Local>;

/// A call that a worker of its task queue takes.
#[derive(Debug)]
pub enum Remote {}

/// A call that runs in the workflow's own worker.
#[derive(Debug)]
pub enum Local {}

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
    /// Only of a local call.
    pub(crate) local_retry_threshold: Option<Duration>,
}

impl<A: ActivityDef> ActivityCall<A> {
    #[doc(hidden)]
    pub fn new(args: A::Args) -> Self {
        Self {
            args,
            defaults: A::DEFAULTS,
            more: Box::default(),
            kind: PhantomData,
        }
    }
}

/// What calls of both kinds have.
impl<A: ActivityDef, T, P> ActivityCall<A, T, P> {
    fn into_kind<T2, P2>(self) -> ActivityCall<A, T2, P2> {
        ActivityCall {
            args: self.args,
            defaults: self.defaults,
            more: self.more,
            kind: PhantomData,
        }
    }

    /// Time for one attempt.
    pub fn start_to_close(mut self, timeout: Duration) -> ActivityCall<A, TimeoutSet, P> {
        self.defaults.start_to_close = Some(timeout);
        self.into_kind()
    }

    /// Time for all attempts together, waits included.
    pub fn schedule_to_close(mut self, timeout: Duration) -> ActivityCall<A, TimeoutSet, P> {
        self.defaults.schedule_to_close = Some(timeout);
        self.into_kind()
    }

    /// Time until a worker must have taken it; of a local one, until its worker must have a
    /// [slot](crate::WorkerOptions::max_concurrent_local_activities) for it.
    pub const fn schedule_to_start(mut self, timeout: Duration) -> Self {
        self.defaults.schedule_to_start = Some(timeout);
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

    /// An id of its own, unique among the open activities of the run; numbered if not given.
    pub fn id(mut self, activity_id: impl Into<String>) -> Self {
        self.more.activity_id = Some(activity_id.into());
        self
    }

    /// One line for people who look at the run.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.more.summary = Some(summary.into());
        self
    }

    /// All that these options set; what they do not set stays as it is.
    pub fn options(mut self, options: &ActivityOptions) -> ActivityCall<A, TimeoutSet, P> {
        options.apply(&mut self.defaults, &mut self.more);
        self.into_kind()
    }
}

impl<A: ActivityDef, T> ActivityCall<A, T> {
    /// The same call, run in the workflow's own worker. Its task queue, heartbeat timeout and priority have no meaning
    /// there.
    pub fn local(self) -> LocalActivityCall<A, T> {
        self.into_kind()
    }

    /// Time between two heartbeats; without one, a dead worker is noticed only by the other timeouts.
    pub const fn heartbeat(mut self, timeout: Duration) -> Self {
        self.defaults.heartbeat = Some(timeout);
        self
    }

    /// Another task queue than the one the attribute names, or the workflow's.
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.more.task_queue = Some(task_queue.into());
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
}

impl<A: ActivityDef, T> LocalActivityCall<A, T> {
    /// The longest wait between two attempts for which the worker keeps the workflow task open; for a longer one the
    /// task is completed, and a timer starts. The timeout of the workflow task (10 s, if not set), if not given.
    pub fn local_retry_threshold(mut self, threshold: Duration) -> Self {
        self.more.local_retry_threshold = Some(threshold);
        self
    }
}
