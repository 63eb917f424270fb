//! The dynamic configuration of the real service, as far as it means something here: the limits that test suites lower.
//! Every other key is taken and does nothing, because scripts set switches of features that this service always has, or
//! never.

use std::time::Duration;

use crate::engine::limits::Limits;

/// What the value of a key sets.
#[derive(Clone, Copy)]
enum Sets {
    Count(fn(&mut Limits) -> &mut usize),
    Signals(fn(&mut Limits) -> &mut u64),
    History(fn(&mut Limits) -> &mut i64),
    Time(fn(&mut Limits) -> &mut Duration),
    Number(fn(&mut Limits) -> &mut i32),
    Switch(fn(&mut Limits) -> &mut bool),
}

/// The keys that change something.
const HONOURED: [(&str, Sets); 25] = [
    ("limit.maxIDLength", Sets::Count(|l| &mut l.id_bytes)),
    ("limit.blobSize.error", Sets::Count(|l| &mut l.blob_bytes)),
    ("limit.memoSize.error", Sets::Count(|l| &mut l.memo_bytes)),
    (
        "frontend.searchAttributesNumberOfKeysLimit",
        Sets::Count(|l| &mut l.attributes.keys),
    ),
    (
        "frontend.searchAttributesSizeOfValueLimit",
        Sets::Count(|l| &mut l.attributes.value_bytes),
    ),
    (
        "frontend.searchAttributesTotalSizeLimit",
        Sets::Count(|l| &mut l.attributes.total_bytes),
    ),
    (
        "limit.mutableStateSize.error",
        Sets::Count(|l| &mut l.state_bytes),
    ),
    (
        "limit.historySize.error",
        Sets::History(|l| &mut l.history_bytes),
    ),
    (
        "limit.historyCount.error",
        Sets::History(|l| &mut l.history_events),
    ),
    (
        "limit.historySize.suggestContinueAsNew",
        Sets::History(|l| &mut l.suggest_bytes),
    ),
    (
        "limit.historyCount.suggestContinueAsNew",
        Sets::History(|l| &mut l.suggest_events),
    ),
    (
        "limit.numPendingActivities.error",
        Sets::Count(|l| &mut l.pending_activities),
    ),
    (
        "limit.numPendingChildExecutions.error",
        Sets::Count(|l| &mut l.pending_children),
    ),
    (
        "limit.numPendingSignals.error",
        Sets::Count(|l| &mut l.pending_signals),
    ),
    (
        "limit.numPendingCancelRequests.error",
        Sets::Count(|l| &mut l.pending_cancels),
    ),
    (
        "history.maximumBufferedEventsBatch",
        Sets::Count(|l| &mut l.buffered_events),
    ),
    (
        "history.maximumBufferedEventsSizeInBytes",
        Sets::Count(|l| &mut l.buffered_bytes),
    ),
    (
        "history.maximumSignalsPerExecution",
        Sets::Signals(|l| &mut l.signals),
    ),
    (
        "history.maxInFlightUpdates",
        Sets::Count(|l| &mut l.updates_in_flight),
    ),
    (
        "history.maxTotalUpdates",
        Sets::Count(|l| &mut l.updates_total),
    ),
    (
        "history.MaxBufferedQueryCount",
        Sets::Count(|l| &mut l.buffered_queries),
    ),
    (
        "history.defaultWorkflowTaskTimeout",
        Sets::Time(|l| &mut l.default_task_timeout),
    ),
    (
        "frontend.WorkflowTimeSkippingEnabled",
        Sets::Switch(|l| &mut l.skips_time_of_workflows),
    ),
    (
        "frontend.WorkflowTimeSkippingMaxSkipPerSession",
        Sets::Number(|l| &mut l.skips_per_session),
    ),
    (
        "history.workflowIdReuseMinimalInterval",
        Sets::Time(|l| &mut l.min_run_interval),
    ),
];

/// Sets what a key stands for to a value in JSON. An unknown key does nothing; the error says what the value should be.
pub(crate) fn apply(limits: &mut Limits, key: &str, value: &str) -> Result<(), String> {
    let known = HONOURED
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(key));
    let Some((_, sets)) = known else {
        tracing::debug!(key, "a key of the dynamic configuration has no effect here");
        return Ok(());
    };
    let number = || {
        value
            .parse::<u32>()
            .map_err(|_| format!("`{value}` is not a whole number"))
    };
    match sets {
        Sets::Count(place) => *place(limits) = usize::try_from(number()?).unwrap_or(usize::MAX),
        Sets::Signals(place) => *place(limits) = number()?.into(),
        Sets::History(place) => *place(limits) = number()?.into(),
        Sets::Time(place) => *place(limits) = time(value)?,
        Sets::Number(place) => *place(limits) = i32::try_from(number()?).unwrap_or(i32::MAX),
        Sets::Switch(place) => {
            *place(limits) = value
                .parse()
                .map_err(|_| format!("`{value}` is neither true nor false"))?;
        }
    }
    Ok(())
}

/// A length of time: a string such as `"10s"`, or seconds.
fn time(value: &str) -> Result<Duration, String> {
    let bare = value.trim_matches('"');
    let (number, unit) = bare.split_at(
        bare.find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(bare.len()),
    );
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => 0.0,
    };
    number
        .parse::<f64>()
        .ok()
        .filter(|number| seconds > 0.0 && (0.0..1e9).contains(number))
        .map(|number| Duration::from_secs_f64(number * seconds))
        .ok_or_else(|| format!("`{value}` is no length of time such as \"10s\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_and_unknown_keys_taken() {
        let mut limits = Limits::default();
        let mut set = |key: &str, value: &str| apply(&mut limits, key, value);
        for (key, value) in [
            ("limit.historyCount.error", "3000"),
            ("LIMIT.BLOBSIZE.ERROR", "10"),
            ("history.maximumSignalsPerExecution", "5"),
            ("history.defaultWorkflowTaskTimeout", "\"1.5m\""),
            ("history.workflowIdReuseMinimalInterval", "7"),
            ("frontend.WorkerHeartbeatsEnabled", "true"),
            ("anything", "{\"a\": [1]}"),
        ] {
            assert_eq!(set(key, value), Ok(()), "{key}");
        }
        assert_eq!(limits.history_events, 3000);
        assert_eq!((limits.blob_bytes, limits.signals), (10, 5));
        assert_eq!(limits.default_task_timeout, Duration::from_secs(90));
        assert_eq!(limits.min_run_interval, Duration::from_secs(7));
    }

    #[test]
    fn a_value_that_makes_no_sense_is_refused() {
        let mut limits = Limits::default();
        for (key, value) in [
            ("limit.blobSize.error", "-1"),
            ("limit.blobSize.error", "\"many\""),
            ("history.defaultWorkflowTaskTimeout", "\"1 fortnight\""),
        ] {
            assert!(apply(&mut limits, key, value).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn every_key_sets_something_of_its_own() {
        for (key, sets) in HONOURED {
            let mut limits = Limits::default();
            if let Sets::Switch(place) = sets {
                assert!(!*place(&mut limits), "{key}");
                apply(&mut limits, key, "true").unwrap();
                assert!(*place(&mut limits), "{key}");
                apply(&mut limits, key, "1").unwrap_err();
                continue;
            }
            apply(&mut limits, key, "17").unwrap();
            let set = match sets {
                Sets::Count(place) => u64::try_from(*place(&mut limits)).unwrap(),
                Sets::Signals(place) => *place(&mut limits),
                Sets::History(place) => u64::try_from(*place(&mut limits)).unwrap(),
                Sets::Time(place) => place(&mut limits).as_secs(),
                Sets::Number(place) => u64::try_from(*place(&mut limits)).unwrap(),
                Sets::Switch(_) => continue,
            };
            assert_eq!(set, 17, "{key}");
            let changed = format!("{limits:?}");
            assert_eq!(
                changed.matches("17").count(),
                1,
                "{key} changes one limit: {changed}"
            );
        }
    }
}
