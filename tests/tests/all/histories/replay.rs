//! Every history that this version can replay, one test each: the same commands, and the same end.

use serde_json::Value;
use temporal_runtime::{
    Failure, FailureKind, RawValue,
    replay::{Replayed, Replayer},
};

use super::recorded::Recorded;

/// Replays a history with the workflow of its type, or of another one, and compares how the run ended.
pub(super) fn replays(name: &str, workflow_type: Option<&str>) {
    let recorded = Recorded::load(name);
    let replayer = Replayer::new().expect("each workflow is registered once");
    let replayed = replayer
        .replay_as(
            workflow_type.unwrap_or(recorded.workflow_type()),
            &recorded.history,
        )
        .unwrap_or_else(|error| panic!("{error}"));
    let (kind, attributes) = recorded.last_event();
    let compared = !UNLIKE_RECORDED.contains(&name);
    match (kind, &replayed) {
        ("WORKFLOW_EXECUTION_COMPLETED" | "WORKFLOW_EXECUTION_FAILED", _) if !compared => {}
        ("WORKFLOW_EXECUTION_COMPLETED", Replayed::Completed(value)) => {
            same_result(name, &attributes["result"]["payloads"][0], value);
        }
        ("WORKFLOW_EXECUTION_FAILED", Replayed::Failed(failure)) => {
            same_failure(&attributes["failure"], failure);
        }
        ("WORKFLOW_EXECUTION_CANCELED", Replayed::Canceled) => {}
        (
            "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
            Replayed::ContinuedAsNew {
                workflow_type,
                arguments,
                ..
            },
        ) => {
            assert_eq!(attributes["workflowType"]["name"], workflow_type.as_str());
            let recorded = attributes["input"]["payloads"].as_array();
            assert_eq!(recorded.map_or(0, Vec::len), arguments.len(), "{name}");
            for (recorded, argument) in recorded.into_iter().flatten().zip(arguments) {
                same_result(name, recorded, argument);
            }
        }
        ("WORKFLOW_EXECUTION_TERMINATED" | "WORKFLOW_EXECUTION_TIMED_OUT", Replayed::Open) => {}
        (recorded, replayed) => {
            panic!("`{name}` ends with {recorded}, and the replay with {replayed:?}")
        }
    }
}

fn same_result(name: &str, recorded: &Value, value: &RawValue) {
    let encoding = base64(&recorded["metadata"]["encoding"]);
    assert_eq!(value.encoding().as_bytes(), encoding, "{name}");
    let data = base64(&recorded["data"]);
    let parse = |data: &[u8]| serde_json::from_slice::<Value>(data).ok();
    assert_eq!(parse(value.data()), parse(&data), "{name}");
}

/// The same commands, and another end: random numbers are the run's own.
const UNLIKE_RECORDED: &[&str] = &["deterministic_values"];

fn same_failure(recorded: &Value, failure: &Failure) {
    let text = |key: &str| recorded[key].as_str().unwrap_or_default();
    assert_eq!(failure.message(), text("message"));
    if failure.kind() == FailureKind::Application {
        let info = &recorded["applicationFailureInfo"];
        assert_eq!(failure.error_type(), info["type"].as_str());
        assert_eq!(
            failure.is_non_retryable(),
            info["nonRetryable"].as_bool().unwrap_or_default()
        );
        let details: Vec<Vec<u8>> = info["details"]["payloads"]
            .as_array()
            .map(|payloads| payloads.iter().map(|p| base64(&p["data"])).collect())
            .unwrap_or_default();
        let own = failure.details();
        assert_eq!(own.len(), details.len(), "{recorded}");
        for (own, recorded) in own.iter().zip(&details) {
            let parse = |data: &[u8]| serde_json::from_slice::<Value>(data).ok();
            assert_eq!(parse(own.data()), parse(recorded));
        }
    }
    match failure.cause() {
        Some(cause) => same_failure(&recorded["cause"], cause),
        None => assert!(recorded["cause"].is_null(), "{recorded}"),
    }
}

/// Payloads are base64 in protobuf JSON.
fn base64(value: &Value) -> Vec<u8> {
    let digit = |byte: u8| -> u32 {
        u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        })
    };
    let text = value.as_str().unwrap_or_default().trim_end_matches('=');
    let mut bytes = Vec::new();
    for group in text.as_bytes().chunks(4) {
        let number = group
            .iter()
            .fold(0, |number, byte| (number << 6) | digit(*byte))
            << (6 * (4 - group.len()));
        bytes.extend_from_slice(&number.to_be_bytes()[1..group.len()]);
    }
    bytes
}

macro_rules! histories {
    ($($name:ident $(as $other:literal)?),* $(,)?) => {
        /// The histories below.
        pub(super) const REPLAYED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let other: &[&str] = &[$($other)?];
                replays(stringify!($name), other.first().copied());
            }
        )*
    };
}

histories! {
    activity_all_options, activity_async_completion, activity_cancel_abandon, activity_cancel_before_start,
    activity_cancel_ignored, activity_cancel_try, activity_cancel_wait, activity_failure_benign,
    activity_failure_caught, activity_failure_uncaught, activity_fan_out, activity_heartbeat_resume,
    activity_next_retry_delay, activity_non_retryable_type, activity_one, activity_retries_exhausted,
    activity_retry, activity_timeout_heartbeat, activity_timeout_schedule_to_close,
    activity_timeout_schedule_to_start, activity_timeout_start_to_close, activity_wins_timer,
    activity_worker_killed, buffered_mixed,
    cancel_activity, cancel_before_first_task, cancel_cleanup, cancel_ignored, cancel_passed_to_child_child,
    cancel_passed_to_child_parent, cancel_timer, cancel_twice,
    child_all_options_child, child_all_options_parent, child_already_running, child_cancel_abandon_child, child_cancel_abandon_parent,
    child_cancel_lost_child, child_cancel_lost_parent, child_cancel_try_child, child_cancel_try_parent,
    child_cancel_wait_completed_child, child_cancel_wait_completed_parent, child_cancel_wait_requested_child,
    child_cancel_wait_requested_parent, child_close_abandon_child, child_close_abandon_parent,
    child_close_request_cancel_child, child_close_request_cancel_parent, child_close_terminate_child,
    child_close_terminate_parent, child_continues_as_new, child_fail_child, child_fail_parent,
    child_not_awaited_abandon, child_not_awaited_terminate, child_ok_child, child_ok_parent,
    child_retry_child_run1, child_retry_child_run2, child_retry_parent, child_signal_child,
    child_signal_parent,
    child_terminated_child, child_terminated_parent, child_timed_out_child, child_timed_out_parent,
    continue_as_new_other_type_run1, continue_as_new_other_type_run2, continue_as_new_run1, continue_as_new_run2,
    continue_as_new_signalled_run1, continue_as_new_signalled_run2, cron_run1, cron_run2,
    deterministic_values, eager_start, everything_at_once, external_cancel_ok_sender,
    external_cancel_ok_target, external_cancel_unknown, external_signal_ok_sender, external_signal_ok_target,
    external_signal_unknown, headers, hello,
    local_activity, local_activity_cancel, local_activity_failure, local_activity_fan_out, local_activity_long,
    local_activity_retry, local_activity_retry_timer, local_activity_timeout,
    long_activities, memo, nexus_async_handler, nexus_cancel_abandon_handler, nexus_cancel_lost_handler,
    nexus_cancel_try_handler, nexus_cancel_wait_completed_handler, nexus_cancel_wait_requested_handler,
    nexus_fail_async_handler, nexus_shared_handler, nexus_timeout_async_handler, no_arguments,
    patch_before, patch_deprecated, patch_loop, patch_new, patch_old_run_new_worker, patch_removed as "PatchedGreeting, stage 4", paused,
    payload_kinds, query_only, replaced_by_new_start_first, replaced_by_new_start_second,
    reset_base_run, reset_new_run, reset_open_run_base_run, reset_open_run_new_run, reset_with_update_base_run,
    reset_with_update_new_run, schedule_started, search_attributes, signal_async_handlers, signal_buffered,
    signal_dynamic, signal_many, signal_one, signal_unhandled_command,
    signal_with_start, signal_with_start_from_workflow_target, start_all_options, start_delay,
    start_delay_signalled, task_deadlocked_then_fixed, task_failed_then_fixed,
    task_nondeterministic_then_fixed, task_timed_out, task_timed_out_signalled, terminate,
    terminate_during_task, timeout_during_task, timer, timer_many, timer_race,
    timer_wins_activity, update_aborted, update_during_task, update_dynamic, update_failed, update_locked, update_ok, update_rejected,
    update_rejected_first_task, update_unfinished, update_with_activity, update_with_start, updates_in_one_task,
    updates_mixed_in_one_task, user_metadata, versioned_auto_upgrade, versioned_auto_upgrade_replaced,
    versioned_options_updated, versioned_pinned, wait_condition_met, wait_condition_timed_out,
    worker_cache_off, worker_killed, workflow_execution_timeout, workflow_fail, workflow_retry_run1,
    workflow_retry_run2, workflow_run_timeout,
}
