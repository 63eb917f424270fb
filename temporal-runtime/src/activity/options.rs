//! Options that several calls share.

use std::time::Duration;

use super::call::MoreOptions;
use crate::options::{ActivityDefaults, CancellationType, Priority, RetryPolicy};

/// Options that several calls of activities share, as one value. They always have a timeout.
///
/// ```
/// use temporal_runtime::{ActivityOptions, prelude::*};
///
/// #[activity]
/// async fn fetch(page: u32) -> Result<String> { Ok(format!("page {page}")) }
///
/// #[activity(start_to_close = "1m")]
/// async fn print(text: String) -> Result<()> { drop(text); Ok(()) }
///
/// #[workflow]
/// async fn prints(wf: &mut Wf) -> Result<()> {
///     let patient = ActivityOptions::with_start_to_close(Duration::from_secs(5)).max_attempts(10);
///     let text = wf.execute(fetch::with(1_u32).options(&patient)).await?;
///     wf.execute(print::with(text).options(&patient)).await        // 5 s here, too
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityOptions {
    start_to_close: Option<Duration>,
    schedule_to_close: Option<Duration>,
    schedule_to_start: Option<Duration>,
    heartbeat: Option<Duration>,
    max_attempts: Option<u32>,
    retry_policy: Option<RetryPolicy>,
    cancellation: Option<CancellationType>,
    task_queue: Option<String>,
    priority: Option<Priority>,
    local_retry_threshold: Option<Duration>,
}

impl ActivityOptions {
    /// Not for users: a call must have a timeout.
    const NONE: Self = Self {
        start_to_close: None,
        schedule_to_close: None,
        schedule_to_start: None,
        heartbeat: None,
        max_attempts: None,
        retry_policy: None,
        cancellation: None,
        task_queue: None,
        priority: None,
        local_retry_threshold: None,
    };

    /// Options with a time for one attempt.
    #[must_use]
    pub fn with_start_to_close(timeout: Duration) -> Self {
        Self::NONE.start_to_close(timeout)
    }

    /// Options with a time for all attempts together, waits included.
    #[must_use]
    pub fn with_schedule_to_close(timeout: Duration) -> Self {
        Self::NONE.schedule_to_close(timeout)
    }

    /// Time for one attempt.
    #[must_use]
    pub const fn start_to_close(mut self, timeout: Duration) -> Self {
        self.start_to_close = Some(timeout);
        self
    }

    /// Time for all attempts together, waits included.
    #[must_use]
    pub const fn schedule_to_close(mut self, timeout: Duration) -> Self {
        self.schedule_to_close = Some(timeout);
        self
    }

    /// Time until a worker must have taken it.
    #[must_use]
    pub const fn schedule_to_start(mut self, timeout: Duration) -> Self {
        self.schedule_to_start = Some(timeout);
        self
    }

    /// Time between two heartbeats. Local activities have none.
    #[must_use]
    pub const fn heartbeat(mut self, timeout: Duration) -> Self {
        self.heartbeat = Some(timeout);
        self
    }

    /// How many attempts there are in all; 0 means no limit.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// How failed attempts are repeated.
    #[must_use]
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// What a cancelled wait does.
    #[must_use]
    pub const fn cancellation_type(mut self, cancellation: CancellationType) -> Self {
        self.cancellation = Some(cancellation);
        self
    }

    /// Another task queue than the one the attribute names, or the workflow's. Local activities have none.
    #[must_use]
    pub fn task_queue(mut self, task_queue: impl Into<String>) -> Self {
        self.task_queue = Some(task_queue.into());
        self
    }

    /// How urgent it is, and whose work it is. Local activities have none.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The longest wait between two attempts for which the worker keeps the workflow task open; only for local
    /// activities.
    #[must_use]
    pub const fn local_retry_threshold(mut self, threshold: Duration) -> Self {
        self.local_retry_threshold = Some(threshold);
        self
    }

    /// Sets what is set here.
    pub(super) fn apply(&self, defaults: &mut ActivityDefaults, more: &mut MoreOptions) {
        fn set<T: Clone>(option: &mut Option<T>, value: &Option<T>) {
            if value.is_some() {
                option.clone_from(value);
            }
        }
        set(&mut defaults.start_to_close, &self.start_to_close);
        set(&mut defaults.schedule_to_close, &self.schedule_to_close);
        set(&mut defaults.schedule_to_start, &self.schedule_to_start);
        set(&mut defaults.heartbeat, &self.heartbeat);
        set(&mut more.retry_policy, &self.retry_policy);
        set(&mut more.task_queue, &self.task_queue);
        set(&mut more.priority, &self.priority);
        set(&mut more.local_retry_threshold, &self.local_retry_threshold);
        defaults.max_attempts = self.max_attempts.unwrap_or(defaults.max_attempts);
        defaults.cancellation = self.cancellation.unwrap_or(defaults.cancellation);
    }
}
