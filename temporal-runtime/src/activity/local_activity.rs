//! The plain description of a local call. Nothing here runs anything.

use std::{marker::PhantomData, time::Duration};

use super::{ActivityCall, ActivityDef, TimeoutSet};
use crate::options::{ActivityDefaults, CancellationType, RetryPolicy};

/// A described call of an activity that runs in the workflow's own worker, inside the workflow task: no task queue, no
/// heartbeats, one event in history where another activity has three. For what is short, and may run anew as a whole
/// if the worker is lost before the workflow task is over. Made by [`ActivityCall::local`].
///
/// While it runs, the worker keeps the workflow task open; the service hears of signals and updates that come meanwhile
/// only when it is over. A failed attempt is repeated by the worker; a wait above the
/// [threshold](Self::local_retry_threshold) is a timer instead. A cancellation reaches it at once.
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
#[must_use = "an activity call does nothing until you pass it to `wf.execute(..)`"]
pub struct LocalActivityCall<A: ActivityDef, T = <A as ActivityDef>::Timeout> {
    pub(crate) args: A::Args,
    pub(crate) defaults: ActivityDefaults,
    pub(crate) more: Box<MoreLocalOptions>,
    timeout: PhantomData<T>,
}

/// What calls rarely set.
#[derive(Debug, Default)]
pub(crate) struct MoreLocalOptions {
    /// Only of a call by name.
    pub(crate) activity_type: Option<String>,
    pub(crate) activity_id: Option<String>,
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) local_retry_threshold: Option<Duration>,
    pub(crate) summary: Option<String>,
}

impl<A: ActivityDef, T> ActivityCall<A, T> {
    /// The same call, run in the workflow's own worker. Its task queue, heartbeat timeout and priority have no meaning
    /// there.
    pub fn local(self) -> LocalActivityCall<A, T> {
        LocalActivityCall {
            args: self.args,
            defaults: self.defaults,
            more: Box::new(MoreLocalOptions {
                activity_type: self.more.activity_type,
                activity_id: self.more.activity_id,
                retry_policy: self.more.retry_policy,
                local_retry_threshold: None,
                summary: self.more.summary,
            }),
            timeout: PhantomData,
        }
    }
}

impl<A: ActivityDef, T> LocalActivityCall<A, T> {
    fn with_timeout(self) -> LocalActivityCall<A, TimeoutSet> {
        LocalActivityCall {
            args: self.args,
            defaults: self.defaults,
            more: self.more,
            timeout: PhantomData,
        }
    }

    /// Time for one attempt.
    pub fn start_to_close(mut self, timeout: Duration) -> LocalActivityCall<A, TimeoutSet> {
        self.defaults.start_to_close = Some(timeout);
        self.with_timeout()
    }

    /// Time for all attempts together, waits included.
    pub fn schedule_to_close(mut self, timeout: Duration) -> LocalActivityCall<A, TimeoutSet> {
        self.defaults.schedule_to_close = Some(timeout);
        self.with_timeout()
    }

    /// Time until the worker must have a slot for it; see
    /// [`max_concurrent_local_activities`](crate::WorkerOptions::max_concurrent_local_activities).
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

    /// The longest wait between two attempts for which the worker keeps the workflow task open; for a longer one the
    /// task is completed, and a timer starts. The timeout of the workflow task (10 s, if not set), if not given.
    pub fn local_retry_threshold(mut self, threshold: Duration) -> Self {
        self.more.local_retry_threshold = Some(threshold);
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
}
