//! Whether and when a failed attempt is repeated by the worker itself; the service does it for all other activities.

use std::time::Duration;

use temporal_protos::{
    enums::{RetryState, TimeoutType},
    failure::{Failure, failure::FailureInfo},
};

use crate::{convert::std_duration, options::RetryPolicy};

const INITIAL_INTERVAL: Duration = Duration::from_secs(1);
const BACKOFF_COEFFICIENT: f64 = 2.0;
/// How many times the first wait the longest is.
const MAXIMUM_INTERVALS: u32 = 100;

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Retry {
    /// The next attempt, after that time.
    After(Duration),
    /// None, and why.
    Never(RetryState),
}

impl Retry {
    /// What follows `attempt`, which is counted from 1.
    pub(crate) fn of(policy: &RetryPolicy, attempt: u32, failure: &Failure) -> Self {
        let mut error_type = "";
        let mut asked = None;
        match &failure.failure_info {
            Some(FailureInfo::ApplicationFailureInfo(info)) => {
                if info.non_retryable {
                    return Self::Never(RetryState::NonRetryableFailure);
                }
                error_type = &info.r#type;
                asked = info.next_retry_delay.as_ref().map(std_duration);
            }
            Some(FailureInfo::TimeoutFailureInfo(info))
                if info.timeout_type() != TimeoutType::StartToClose =>
            {
                return Self::Never(RetryState::Timeout);
            }
            Some(FailureInfo::CanceledFailureInfo(_)) => {
                return Self::Never(RetryState::CancelRequested);
            }
            _ => {}
        }
        let mut excluded = policy.non_retryable_error_types.iter();
        if excluded.any(|t| !error_type.is_empty() && t.eq_ignore_ascii_case(error_type)) {
            return Self::Never(RetryState::NonRetryableFailure);
        }
        if policy.maximum_attempts > 0 && attempt >= policy.maximum_attempts {
            return Self::Never(RetryState::MaximumAttemptsReached);
        }
        Self::After(asked.unwrap_or_else(|| interval(policy, attempt)))
    }
}

fn interval(policy: &RetryPolicy, attempt: u32) -> Duration {
    let initial = policy
        .initial_interval
        .filter(|i| !i.is_zero())
        .unwrap_or(INITIAL_INTERVAL);
    let longest = policy
        .maximum_interval
        .filter(|i| !i.is_zero())
        .unwrap_or_else(|| initial.saturating_mul(MAXIMUM_INTERVALS))
        .max(initial);
    let coefficient = policy
        .backoff_coefficient
        .filter(|c| *c >= 1.0)
        .unwrap_or(BACKOFF_COEFFICIENT);
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    // what is no duration, such as infinity, is longer than any
    Duration::try_from_secs_f64(initial.as_secs_f64() * coefficient.powi(exponent))
        .map_or(longest, |interval| interval.min(longest))
}

#[cfg(test)]
mod tests {
    use temporal_protos::failure::{
        ApplicationFailureInfo, CanceledFailureInfo, TimeoutFailureInfo,
    };

    use super::*;
    use crate::convert::proto_duration;

    fn failed(info: FailureInfo) -> Failure {
        Failure {
            failure_info: Some(info),
            ..Failure::default()
        }
    }

    fn flaky() -> Failure {
        failed(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                r#type: "Flaky".to_owned(),
                ..ApplicationFailureInfo::default()
            },
        ))
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let policy = RetryPolicy::new().maximum_interval(Duration::from_secs(5));
        let waits: Vec<Retry> = (1..6).map(|n| Retry::of(&policy, n, &flaky())).collect();
        let seconds = [1, 2, 4, 5, 5].map(|s| Retry::After(Duration::from_secs(s)));
        assert_eq!(waits, seconds);
        let hundredfold = Retry::of(&RetryPolicy::new(), u32::MAX, &flaky());
        assert_eq!(hundredfold, Retry::After(Duration::from_secs(100)));
    }

    #[test]
    fn an_error_may_name_the_next_wait() {
        let failure = failed(FailureInfo::ApplicationFailureInfo(
            ApplicationFailureInfo {
                next_retry_delay: Some(proto_duration(Duration::from_millis(7))),
                ..ApplicationFailureInfo::default()
            },
        ));
        let retry = Retry::of(&RetryPolicy::new(), 9, &failure);
        assert_eq!(retry, Retry::After(Duration::from_millis(7)));
    }

    #[test]
    fn what_is_not_repeated_says_why() {
        let policy = RetryPolicy::new()
            .maximum_attempts(2)
            .non_retryable("flaKY");
        let never = |failure: &Failure, attempt| match Retry::of(&policy, attempt, failure) {
            Retry::Never(state) => state,
            Retry::After(_) => RetryState::InProgress,
        };
        assert_eq!(never(&flaky(), 1), RetryState::NonRetryableFailure);
        assert_eq!(never(&Failure::default(), 1), RetryState::InProgress);
        assert_eq!(
            never(&Failure::default(), 2),
            RetryState::MaximumAttemptsReached
        );
        let cancelled = failed(FailureInfo::CanceledFailureInfo(
            CanceledFailureInfo::default(),
        ));
        assert_eq!(never(&cancelled, 1), RetryState::CancelRequested);
        for (timeout, state) in [
            (TimeoutType::StartToClose, RetryState::InProgress),
            (TimeoutType::ScheduleToClose, RetryState::Timeout),
            (TimeoutType::ScheduleToStart, RetryState::Timeout),
        ] {
            let failure = failed(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
                timeout_type: timeout.into(),
                ..TimeoutFailureInfo::default()
            }));
            assert_eq!(never(&failure, 1), state, "{timeout:?}");
        }
    }
}
