//! Plain options, shared by macros, workflow code and clients. Nothing here talks to anybody.

use std::time::Duration;

/// What happens to a wait for an activity or child workflow when it is cancelled.
///
/// ```
/// # use temporal_runtime::prelude::*;
/// # #[activity(start_to_close = "30s")] async fn crawl(site: String) -> Result<u32> { Ok(site.len() as u32) }
/// #[workflow]
/// async fn crawl_to_the_end(wf: &mut Wf, site: String) -> Result<u32> {
///     let call = crawl::with(site).cancellation_type(CancellationType::WaitCompleted);
///     wf.execute(call).await // a cancelled workflow waits for what the activity makes of it
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CancellationType {
    /// Ask it to stop; the wait is over at once. The default of activities.
    #[default]
    TryCancel,
    /// Ask it to stop; the wait ends with what it ends with, a result included. The default of child workflows.
    WaitCompleted,
    /// Of children and activities the same as [`WaitCompleted`](Self::WaitCompleted), as the other SDKs have it: the
    /// wait ends at the end of what was asked to stop, not when it was asked.
    WaitRequested,
    /// Leave it alone; the wait is over at once.
    Abandon,
}

/// What becomes of a child workflow when its parent closes.
///
/// ```
/// # use temporal_runtime::{ParentClosePolicy, prelude::*};
/// # #[workflow] async fn ships(wf: &mut Wf) -> Result<()> { wf.sleep(Duration::from_secs(60)).await }
/// #[workflow]
/// async fn orders(wf: &mut Wf) -> Result<String> {
///     let call = ships::with().parent_close_policy(ParentClosePolicy::Abandon);
///     let child = wf.start(call);
///     wf.execute(child.started()).await // goes on after this workflow has ended
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ParentClosePolicy {
    /// It is terminated. The service's default.
    #[default]
    Terminate,
    /// It goes on.
    Abandon,
    /// It is asked to stop.
    RequestCancel,
}

/// Whether an id may be used again once its workflow has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdReusePolicy {
    /// It may. The default.
    #[default]
    AllowDuplicate,
    /// Only if the last run did not complete.
    AllowDuplicateFailedOnly,
    /// It may not.
    RejectDuplicate,
}

impl IdReusePolicy {
    pub(crate) const fn to_proto(self) -> temporal_protos::enums::WorkflowIdReusePolicy {
        use temporal_protos::enums::WorkflowIdReusePolicy as Proto;
        match self {
            Self::AllowDuplicate => Proto::AllowDuplicate,
            Self::AllowDuplicateFailedOnly => Proto::AllowDuplicateFailedOnly,
            Self::RejectDuplicate => Proto::RejectDuplicate,
        }
    }
}

/// How urgent work is, and whose it is, among what waits on the same task queue.
///
/// What is not set is that of the workflow which asks for the work; of a workflow that a client starts, the service's
/// default.
///
/// ```
/// use temporal_runtime::{Priority, prelude::*};
///
/// #[activity(start_to_close = "10s")]
/// async fn ship(order: String) -> Result<()> {
///     Ok(())
/// }
///
/// #[workflow]
/// async fn express(wf: &mut Wf, order: String, customer: String) -> Result<()> {
///     let urgent = Priority::new().key(1).fairness_key(customer).fairness_weight(1.5);
///     wf.execute(ship::with(order).priority(urgent)).await
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Priority {
    /// From 1, the most urgent, up to 5; 3 if not given.
    pub key: Option<u32>,
    /// Whose work it is: queues share their capacity among keys. At most 64 bytes.
    pub fairness_key: Option<String>,
    /// How large the share of the fairness key is; 1 if not given.
    pub fairness_weight: Option<f32>,
}

impl Priority {
    /// Nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how urgent it is: from 1, the most urgent, up to 5.
    #[must_use]
    pub const fn key(mut self, key: u32) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets whose work it is.
    #[must_use]
    pub fn fairness_key(mut self, key: impl Into<String>) -> Self {
        self.fairness_key = Some(key.into());
        self
    }

    /// Sets how large the share of the fairness key is.
    #[must_use]
    pub const fn fairness_weight(mut self, weight: f32) -> Self {
        self.fairness_weight = Some(weight);
        self
    }

    pub(crate) fn from_proto(proto: &temporal_protos::common::Priority) -> Self {
        Self {
            key: u32::try_from(proto.priority_key)
                .ok()
                .filter(|key| *key > 0),
            fairness_key: Some(proto.fairness_key.clone()).filter(|key| !key.is_empty()),
            fairness_weight: Some(proto.fairness_weight).filter(|weight| *weight > 0.0),
        }
    }

    pub(crate) fn to_proto(&self) -> temporal_protos::common::Priority {
        temporal_protos::common::Priority {
            priority_key: i32::try_from(self.key.unwrap_or_default()).unwrap_or(i32::MAX),
            fairness_key: self.fairness_key.clone().unwrap_or_default(),
            fairness_weight: self.fairness_weight.unwrap_or_default(),
        }
    }
}

/// How failed attempts are repeated. The defaults are the service's: after 1 s, then twice as long each time, up to 100
/// times the first interval, without end.
///
/// ```
/// use std::time::Duration;
/// use temporal_runtime::RetryPolicy;
///
/// // after 2 s, 6 s, 10 s and 10 s
/// let policy = RetryPolicy::new()
///     .initial_interval(Duration::from_secs(2))
///     .backoff_coefficient(3.0)
///     .maximum_interval(Duration::from_secs(10))
///     .maximum_attempts(5)
///     .non_retryable("CardExpired");
/// assert_eq!(policy.maximum_attempts, 5);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The wait before the second attempt; 1 s if not given.
    pub initial_interval: Option<Duration>,
    /// By how much each wait is longer than the one before; 2 if not given, at least 1.
    pub backoff_coefficient: Option<f64>,
    /// The longest wait; 100 times the first if not given.
    pub maximum_interval: Option<Duration>,
    /// How many attempts there are in all; 0 means no limit, 1 means no retry.
    pub maximum_attempts: u32,
    /// Failures of these types are not retried.
    pub non_retryable_error_types: Vec<String>,
}

impl RetryPolicy {
    /// The service's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the wait before the second attempt.
    #[must_use]
    pub const fn initial_interval(mut self, interval: Duration) -> Self {
        self.initial_interval = Some(interval);
        self
    }

    /// Sets by how much each wait is longer than the one before.
    #[must_use]
    pub const fn backoff_coefficient(mut self, coefficient: f64) -> Self {
        self.backoff_coefficient = Some(coefficient);
        self
    }

    /// Sets the longest wait.
    #[must_use]
    pub const fn maximum_interval(mut self, interval: Duration) -> Self {
        self.maximum_interval = Some(interval);
        self
    }

    /// Sets how many attempts there are in all.
    #[must_use]
    pub const fn maximum_attempts(mut self, attempts: u32) -> Self {
        self.maximum_attempts = attempts;
        self
    }

    /// Failures of this type are not retried.
    #[must_use]
    pub fn non_retryable(mut self, error_type: impl Into<String>) -> Self {
        self.non_retryable_error_types.push(error_type.into());
        self
    }

    pub(crate) fn from_proto(proto: &temporal_protos::common::RetryPolicy) -> Self {
        let interval = |d: &Option<_>| d.as_ref().map(crate::convert::std_duration);
        Self {
            initial_interval: interval(&proto.initial_interval),
            backoff_coefficient: Some(proto.backoff_coefficient).filter(|c| *c > 0.0),
            maximum_interval: interval(&proto.maximum_interval),
            maximum_attempts: u32::try_from(proto.maximum_attempts).unwrap_or_default(),
            non_retryable_error_types: proto.non_retryable_error_types.clone(),
        }
    }

    pub(crate) fn to_proto(&self) -> temporal_protos::common::RetryPolicy {
        temporal_protos::common::RetryPolicy {
            initial_interval: self.initial_interval.map(crate::convert::proto_duration),
            backoff_coefficient: self.backoff_coefficient.unwrap_or_default(),
            maximum_interval: self.maximum_interval.map(crate::convert::proto_duration),
            maximum_attempts: i32::try_from(self.maximum_attempts).unwrap_or(i32::MAX),
            non_retryable_error_types: self.non_retryable_error_types.clone(),
        }
    }
}

/// Options of an activity as its attribute declares them: all constants.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActivityDefaults {
    /// Time for one attempt.
    pub start_to_close: Option<Duration>,
    /// Time for all attempts.
    pub schedule_to_close: Option<Duration>,
    /// Time until a worker must have taken it.
    pub schedule_to_start: Option<Duration>,
    /// Time between two heartbeats.
    pub heartbeat: Option<Duration>,
    /// How many attempts there are in all; 0 means no limit.
    pub max_attempts: u32,
    /// The wait before the second attempt.
    pub initial_interval: Option<Duration>,
    /// By how much each wait is longer than the one before.
    pub backoff: Option<f64>,
    /// The longest wait.
    pub max_interval: Option<Duration>,
    /// Failures of these types are not retried.
    pub non_retryable: &'static [&'static str],
    /// What a cancelled wait does.
    pub cancellation: CancellationType,
}

impl ActivityDefaults {
    /// Nothing declared.
    pub const NONE: Self = Self {
        start_to_close: None,
        schedule_to_close: None,
        schedule_to_start: None,
        heartbeat: None,
        max_attempts: 0,
        initial_interval: None,
        backoff: None,
        max_interval: None,
        non_retryable: &[],
        cancellation: CancellationType::TryCancel,
    };

    /// The retry policy these make, if they make one.
    pub(crate) fn retry_policy(&self) -> Option<RetryPolicy> {
        let policy = RetryPolicy {
            initial_interval: self.initial_interval,
            backoff_coefficient: self.backoff,
            maximum_interval: self.max_interval,
            maximum_attempts: self.max_attempts,
            non_retryable_error_types: self.non_retryable.iter().map(|t| (*t).to_owned()).collect(),
        };
        (policy != RetryPolicy::default()).then_some(policy)
    }
}
