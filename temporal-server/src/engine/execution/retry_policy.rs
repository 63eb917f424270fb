//! Retry policies: defaults, refusals, and when the next attempt is. Knows nothing of what is retried.

use std::time::Duration;

use temporal_protos::common::RetryPolicy;
use temporal_protos::enums::RetryState;
use temporal_protos::failure::Failure;
use temporal_protos::failure::failure::FailureInfo;

use crate::engine::time::{self, Time, to_proto};

const TIMEOUT_PREFIX: &str = "TemporalTimeout:";
const INITIAL: Duration = Duration::from_secs(1);
const MAXIMUM_FACTOR: u32 = 100;

/// Refuses a policy, with the text that says why.
pub(crate) fn check(policy: &RetryPolicy) -> Result<(), String> {
    if policy.maximum_attempts == 1 {
        // Nothing will be retried: the other fields do not matter.
        return Ok(());
    }
    let initial = time::duration(policy.initial_interval.as_ref())
        .map_err(|_| "invalid InitialInterval set on retry policy: negative duration")?;
    if policy.backoff_coefficient < 1.0 && policy.backoff_coefficient != 0.0 {
        return Err("BackoffCoefficient cannot be less than 1 on retry policy.".into());
    }
    let maximum = time::duration(policy.maximum_interval.as_ref())
        .map_err(|_| "invalid MaximumInterval set on retry policy: negative duration")?;
    if !maximum.is_zero() && maximum < initial {
        return Err("MaximumInterval cannot be less than InitialInterval on retry policy.".into());
    }
    if policy.maximum_attempts < 0 {
        return Err("MaximumAttempts cannot be negative on retry policy.".into());
    }
    for kind in &policy.non_retryable_error_types {
        if let Some(timeout) = kind.strip_prefix(TIMEOUT_PREFIX)
            && !matches!(
                timeout,
                "StartToClose" | "ScheduleToStart" | "ScheduleToClose" | "Heartbeat"
            )
        {
            return Err(format!("Invalid timeout type value: {timeout}."));
        }
    }
    Ok(())
}

/// The policy with what it leaves out.
pub(crate) fn with_defaults(mut policy: RetryPolicy) -> RetryPolicy {
    let initial = match time::checked(policy.initial_interval.as_ref()) {
        Duration::ZERO => INITIAL,
        given => given,
    };
    policy.initial_interval = Some(to_proto(initial));
    if policy.backoff_coefficient == 0.0 {
        policy.backoff_coefficient = 2.0;
    }
    if time::checked(policy.maximum_interval.as_ref()).is_zero() {
        policy.maximum_interval = Some(to_proto(initial.saturating_mul(MAXIMUM_FACTOR)));
    }
    policy
}

/// What is to be retried, as far as the decision needs it.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    /// The policy, filled.
    pub(crate) policy: &'a RetryPolicy,
    /// The attempt that just failed, from 1.
    pub(crate) number: i32,
    /// The end of time for all attempts.
    pub(crate) expires: Option<Time>,
    /// How it failed.
    pub(crate) failure: &'a Failure,
    /// Whether the failure's own delay may exceed the policy's maximum interval.
    pub(crate) delay_is_unbounded: bool,
}

/// The delay before the next attempt, or why there is none.
pub(crate) fn next(now: Time, attempt: &Attempt<'_>) -> Result<Duration, RetryState> {
    if !is_retryable(attempt.failure, &attempt.policy.non_retryable_error_types) {
        return Err(RetryState::NonRetryableFailure);
    }
    let maximum = attempt.policy.maximum_attempts;
    if maximum > 0 && attempt.number >= maximum {
        return Err(RetryState::MaximumAttemptsReached);
    }
    let longest = time::checked(attempt.policy.maximum_interval.as_ref());
    let delay = match own_delay(attempt.failure) {
        Some(own) if attempt.delay_is_unbounded || longest.is_zero() => own,
        Some(own) => own.min(longest),
        None => interval(attempt.policy, attempt.number),
    };
    // Only operators can leave a policy without a bound and without a first interval.
    if longest.is_zero() && delay.is_zero() {
        return Err(RetryState::Timeout);
    }
    if attempt
        .expires
        .is_some_and(|expires| now.plus(delay) > expires)
    {
        return Err(RetryState::Timeout);
    }
    Ok(delay)
}

/// The interval after this attempt, by the policy alone.
pub(crate) fn interval(policy: &RetryPolicy, attempt: i32) -> Duration {
    let initial = time::checked(policy.initial_interval.as_ref());
    let factor = policy
        .backoff_coefficient
        .powi(attempt.saturating_sub(1).max(0));
    let interval = Duration::try_from_secs_f64(initial.as_secs_f64() * factor);
    let interval = interval.unwrap_or(Duration::MAX);
    match time::checked(policy.maximum_interval.as_ref()) {
        Duration::ZERO => interval,
        longest if interval.is_zero() => longest,
        longest => interval.min(longest),
    }
}

fn own_delay(failure: &Failure) -> Option<Duration> {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => info
            .next_retry_delay
            .as_ref()
            .map(|delay| time::checked(Some(delay))),
        _ => None,
    }
}

fn is_retryable(failure: &Failure, listed: &[String]) -> bool {
    match &failure.failure_info {
        Some(FailureInfo::TerminatedFailureInfo(_) | FailureInfo::CanceledFailureInfo(_)) => false,
        Some(FailureInfo::TimeoutFailureInfo(info)) => {
            use temporal_protos::enums::TimeoutType as T;
            match T::try_from(info.timeout_type) {
                Ok(T::StartToClose) => !listed
                    .iter()
                    .any(|kind| kind == "TemporalTimeout:StartToClose"),
                Ok(T::Heartbeat) => !listed
                    .iter()
                    .any(|kind| kind == "TemporalTimeout:Heartbeat"),
                _ => false,
            }
        }
        Some(FailureInfo::ServerFailureInfo(info)) => !info.non_retryable,
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            !info.non_retryable && !listed.contains(&info.r#type)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temporal_protos::failure::ApplicationFailureInfo;

    fn application(info: ApplicationFailureInfo) -> Failure {
        Failure {
            failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
            ..Default::default()
        }
    }

    fn try_next(
        policy: RetryPolicy,
        number: i32,
        failure: &Failure,
    ) -> Result<Duration, RetryState> {
        let policy = with_defaults(policy);
        next(
            Time::from_nanos(0),
            &Attempt {
                policy: &policy,
                number,
                expires: None,
                failure,
                delay_is_unbounded: true,
            },
        )
    }

    #[test]
    fn rule_90_the_delay_doubles_up_to_a_hundred_times_the_first() {
        let failure = application(ApplicationFailureInfo::default());
        let delays: Vec<_> = [1, 2, 3, 7, 8, 60]
            .iter()
            .map(|n| {
                try_next(RetryPolicy::default(), *n, &failure)
                    .unwrap()
                    .as_secs()
            })
            .collect();
        assert_eq!(delays, [1, 2, 4, 64, 100, 100]);
    }

    #[test]
    fn rule_90_what_ends_the_attempts() {
        let fatal = application(ApplicationFailureInfo {
            non_retryable: true,
            ..Default::default()
        });
        assert_eq!(
            try_next(RetryPolicy::default(), 1, &fatal),
            Err(RetryState::NonRetryableFailure)
        );
        let listed = application(ApplicationFailureInfo {
            r#type: "Bad".into(),
            ..Default::default()
        });
        let policy = RetryPolicy {
            non_retryable_error_types: vec!["Bad".into()],
            ..Default::default()
        };
        assert_eq!(
            try_next(policy, 1, &listed),
            Err(RetryState::NonRetryableFailure)
        );
        let policy = RetryPolicy {
            maximum_attempts: 3,
            ..Default::default()
        };
        assert!(try_next(policy.clone(), 2, &listed).is_ok());
        assert_eq!(
            try_next(policy, 3, &listed),
            Err(RetryState::MaximumAttemptsReached)
        );
    }

    #[test]
    fn rule_90_no_retry_that_would_come_after_the_expiry() {
        let failure = application(ApplicationFailureInfo::default());
        let policy = with_defaults(RetryPolicy::default());
        let mut attempt = Attempt {
            policy: &policy,
            number: 2,
            expires: Some(Time::from_nanos(2_000_000_000)),
            failure: &failure,
            delay_is_unbounded: true,
        };
        assert_eq!(
            next(Time::from_nanos(0), &attempt),
            Ok(Duration::from_secs(2))
        );
        assert_eq!(
            next(Time::from_nanos(1), &attempt),
            Err(RetryState::Timeout)
        );
        attempt.expires = None;
        assert!(next(Time::from_nanos(1), &attempt).is_ok());
    }

    #[test]
    fn rule_12_refused_policies_say_why() {
        let policy = RetryPolicy {
            backoff_coefficient: 0.5,
            ..Default::default()
        };
        assert_eq!(
            check(&policy),
            Err("BackoffCoefficient cannot be less than 1 on retry policy.".into())
        );
        let single = RetryPolicy {
            maximum_attempts: 1,
            ..policy
        };
        assert_eq!(check(&single), Ok(()));
    }
}
