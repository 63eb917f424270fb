//! Workflows with one step changed, against the histories of what they were: each is found, at the right event, and
//! the error has what history has there and what the code did instead.

use temporal_runtime::{
    MemoUpdate, Mismatch,
    prelude::*,
    replay::{ReplayError, Replayer},
};

use super::{
    activities::{fail_until_attempt, wait_for_cancel},
    attributes::KEYWORD,
    basics::{add, greet, sleep_for, square},
    children::{ChildWait, child_greet},
    endings::{release, workflow_retry},
    recorded::Recorded,
};

fn replay_error(name: &str, workflow_type: &str) -> ReplayError {
    let recorded = Recorded::load(name);
    Replayer::new()
        .expect("each workflow is registered once")
        .replay_as(workflow_type, &recorded.history)
        .expect_err("the code was changed")
}

fn mismatch(name: &str, workflow_type: &str) -> Mismatch {
    let error = replay_error(name, workflow_type);
    assert!(error.non_determinism, "{error}");
    let mismatch = *error.mismatch.clone().expect("history is against it");
    let text = format!(
        "[TMPRL1100] non-determinism at event {}: history has {}, the workflow code has {}",
        mismatch.event_id, mismatch.expected, mismatch.found
    );
    assert!(error.message.contains(&text), "{error}");
    assert!(error.message.contains(workflow_type), "{error}");
    mismatch
}

/// `test name: history => event, expected, found;` and the changed workflow.
macro_rules! changed {
    ($(
        $test:ident: $history:literal => $event:literal, $expected:literal, $found:literal;
        async fn $workflow:ident($wf:ident $(, $arg:ident: $type:ty)*) -> $output:ty $body:block
    )*) => { $(
        #[workflow]
        async fn $workflow($wf: &mut Wf $(, $arg: $type)*) -> Result<$output> {
            let _ = &*$wf;
            $body
        }

        #[test]
        fn $test() {
            let mismatch = mismatch($history, stringify!($workflow));
            let Mismatch { event_id, expected, found, .. } = mismatch;
            assert_eq!((event_id, &*expected, &*found), ($event, $expected, $found));
        }
    )* };
}

changed! {
    a_timer_before_the_end: "hello" => 5, "the workflow completed", "timer `1` of 1s started";
    async fn hello_after_a_second(wf, name: String) -> String {
        wf.sleep(Duration::from_secs(1)).await?;
        Ok(name)
    }

    another_activity: "activity_one" => 5, "activity `greet` (id 1) scheduled", "activity `square` (id 1) scheduled";
    async fn another_activity_one(wf, _name: String) -> i64 {
        wf.execute(square::with(1)).await
    }

    another_activity_id: "activity_one" => 5, "activity `greet` (id 1) scheduled", "activity `greet` (id mine) scheduled";
    async fn activity_with_an_id(wf, name: String) -> String {
        wf.execute(greet::with(name).id("mine")).await
    }

    the_id_of_before_is_gone: "activity_all_options" => 5, "activity `greet` (id the-greeting) scheduled", "activity `greet` (id 1) scheduled";
    async fn activity_without_its_id(wf, name: String) -> String {
        wf.execute(greet::with(name)).await
    }

    no_activity_any_more: "activity_one" => 5, "activity `greet` (id 1) scheduled", "the workflow completed";
    async fn no_activity(wf, name: String) -> String {
        Ok(name)
    }

    a_local_activity_no_longer_local: "local_activity" => 5, "local activity `greet` (id 1) recorded", "activity `greet` (id 1) scheduled";
    async fn greets_elsewhere(wf, name: String) -> String {
        wf.execute(greet::with(name)).await
    }

    an_activity_that_became_local: "activity_one" => 5, "activity `greet` (id 1) scheduled", "no command (local activity `greet` (id 1) runs)";
    async fn greets_here(wf, name: String) -> String {
        wf.execute(greet::with(name).local()).await
    }

    another_local_activity: "local_activity" => 5, "local activity `greet` (id 1) recorded", "no command (local activity `square` (id 1) runs)";
    async fn another_one_here(wf, _name: String) -> i64 {
        wf.execute(square::with(1).local()).await
    }

    no_local_activity_any_more: "local_activity" => 5, "local activity `greet` (id 1) recorded", "the workflow completed";
    async fn none_here(wf, name: String) -> String {
        Ok(name)
    }

    one_local_activity_too_few: "local_activity_fan_out" => 9, "local activity `square` (id 5) recorded", "activity `add` (id 5) scheduled";
    async fn fan_out_less_here(wf, count: i64) -> i64 {
        let squares = wf.join_all((1..count).map(|n| square::with(n).local())).await?;
        wf.execute(add::with(squares.iter().sum::<i64>(), 1)).await
    }

    a_timer_before_a_local_activity: "local_activity_retry_timer" => 5, "local activity `fail_until_attempt` (id 1) recorded", "timer `1` of 1s started";
    async fn sleeps_before_it_tries(wf) -> u32 {
        wf.sleep(Duration::from_secs(1)).await?;
        wf.execute(fail_until_attempt::with(3).local()).await
    }

    ends_while_history_waits: "local_activity_long" => 6, "no more commands of the workflow task before", "the workflow completed";
    async fn does_not_wait_here(wf) -> () {
        drop(wf.start(sleep_for::with(5.0).local()));
        Ok(())
    }

    a_local_activity_not_cancelled_any_more: "local_activity_cancel" => 13, "local activity `sleep_for` (id 1) recorded as cancelled", "no command (local activity `sleep_for` (id 1) runs)";
    async fn lets_it_sleep(wf) -> String {
        let job = wf.start(sleep_for::with(20.0).local());
        wf.sleep(Duration::from_secs(1)).await?;
        wf.execute(job).await
    }

    a_command_after_a_marker_is_gone: "signal_buffered" => 6, "timer `1` started", "no command";
    async fn does_not_sleep_afterwards(wf) -> () {
        wf.execute(sleep_for::with(1.5).local()).await?;
        wf.wait(|()| false).await
    }

    an_activity_for_a_timer: "timer" => 5, "timer `1` started", "activity `square` (id 1) scheduled";
    async fn activity_for_timer(wf) -> i64 {
        wf.execute(square::with(2)).await
    }

    a_wait_for_a_timer: "timer" => 5, "timer `1` started", "no command";
    async fn wait_for_timer(wf) -> () {
        wf.wait(|()| false).await
    }

    one_too_few: "activity_fan_out" => 24, "activity `square` (id 20) scheduled", "no command";
    async fn fan_out_less(wf, count: i64) -> i64 {
        let squares = wf.join_all((1..count).map(square::with)).await?;
        Ok(squares.iter().sum())
    }

    one_too_many: "activity_one" => 9, "no more commands of the workflow task before", "activity `greet` (id 2) scheduled";
    async fn two_activities(wf, name: String) -> String {
        let both = (greet::with(name.clone()), greet::with(name));
        wf.join(both).await.map(|(first, _)| first)
    }

    cancelled_before_the_next_timer: "timer_race" => 11, "timer `3` started", "timer `2` cancelled";
    async fn cancels_the_loser_first(wf) -> () {
        let limit = (timer(Duration::from_millis(500)), timer(Duration::from_secs(60)));
        wf.race(limit).await?;
        wf.sleep(Duration::from_millis(200)).await
    }

    not_cancelled_any_more: "activity_cancel_wait" => 11, "a request to cancel the activity of event 5", "no command";
    async fn spares_the_activity(wf, _cancellation: String) -> String {
        let job = wf.start(wait_for_cancel::with());
        wf.sleep(Duration::from_secs(1)).await?;
        wf.execute(job).await
    }

    no_time_limit: "wait_condition_met" => 5, "timer `1` started", "no command";
    async fn waits_without_limit(wf, _seconds: f64) -> () {
        wf.wait(|()| false).await
    }

    ends_without_waiting_for_its_signal: "signal_one" => 7, "no more commands of the workflow task before", "the workflow completed";
    async fn ends_at_once(wf, count: u32) -> u32 {
        Ok(count)
    }

    another_child: "child_ok_parent" => 5, "child workflow `ChildGreet` (id hist-child_ok-child) started", "child workflow `WorkflowRetry` (id hist-child_ok-child) started";
    async fn parent_of_another(wf, _name: String) -> u32 {
        wf.execute(workflow_retry::with().id("hist-child_ok-child")).await
    }

    another_child_id: "child_ok_parent" => 5, "child workflow `ChildGreet` (id hist-child_ok-child) started", "child workflow `ChildGreet` (id another) started";
    async fn parent_with_another_id(wf, name: String) -> String {
        wf.execute(child_greet::with(name).id("another")).await
    }

    another_signal_to_another_workflow: "external_signal_ok_sender" => 5, "signal `finish` to workflow `hist-external-signal-target`", "signal `stop` to workflow `hist-external-signal-target`";
    async fn signals_otherwise(wf, target: String) -> () {
        let target = wf.external(target);
        wf.execute(target.signal("stop", ())).await
    }

    a_signal_to_somebody_else: "external_signal_unknown" => 5, "signal `finish` to workflow `hist-no-such-workflow`", "signal `finish` to workflow `else`";
    async fn signals_somebody_else(wf, _target: String) -> () {
        let target = wf.external("else");
        wf.execute(target.signal("finish", ())).await
    }

    a_signal_for_a_cancel_request: "external_cancel_ok_sender" => 5, "a request to cancel external workflow `hist-external-cancel-target`", "signal `cancel` to workflow `hist-external-cancel-target`";
    async fn signals_and_does_not_cancel(wf, target: String) -> () {
        let target = wf.external(target);
        wf.execute(target.signal("cancel", ())).await
    }

    no_cancel_request: "external_cancel_unknown" => 5, "a request to cancel external workflow `hist-no-such-workflow`", "the workflow completed";
    async fn cancels_nobody(wf, _target: String) -> () {
        Ok(())
    }

    a_child_that_is_not_signalled: "child_signal_parent" => 10, "signal `finish` to workflow `hist-child_signal-child`", "no command";
    async fn does_not_signal_its_child(wf) -> String {
        let child = wf.start(ChildWait::with().id("hist-child_signal-child"));
        wf.execute(child.started()).await?;
        wf.execute(child).await
    }

    a_signal_too_early: "child_already_running" => 10, "child workflow `ChildWait` (id hist-child_already_running-child) started", "signal `finish` to workflow `hist-child_already_running-child`";
    async fn signals_its_child_at_once(wf) -> String {
        let child = wf.start(ChildWait::with().id("hist-child_already_running-child"));
        wf.execute(child.finish("enough")).await?;
        wf.execute(child).await
    }

    cleanup_without_a_shield: "cancel_cleanup" => 9, "activity `release` (id 1) scheduled", "the workflow cancelled";
    async fn cleans_up_in_the_cancelled_scope(wf) -> () {
        let waited = wf.wait(|()| false).await;
        wf.execute(release::with("lease")).await?;
        waited
    }

    a_cancellation_passed_on: "cancel_ignored" => 11, "the workflow completed", "the workflow cancelled";
    async fn passes_the_cancellation_on(wf) -> () {
        wf.sleep(Duration::from_secs(60)).await
    }

    an_error_forgotten: "workflow_fail" => 5, "the workflow failed", "the workflow completed";
    async fn never_fails(wf) -> () {
        Ok(())
    }

    far_into_a_history: "long_activities" => 905, "activity `add` (id 151) scheduled", "activity `square` (id 151) scheduled";
    async fn differs_late(wf, count: i64) -> i64 {
        let mut total = 0;
        for n in 0..count {
            total = if n == 150 {
                wf.execute(square::with(n)).await?
            } else {
                wf.execute(add::with(total, n)).await?
            };
        }
        Ok(total)
    }

    what_python_found_too: "task_nondeterministic_then_fixed" => 5, "activity `greet` (id 1) scheduled", "activity `square` (id 1) scheduled";
    async fn the_broken_version(wf) -> i64 {
        wf.execute(square::with(1)).await
    }
}

/// `UpdateCounter` with a handler that no longer asks an activity, and without `add_number`.
#[workflow]
#[derive(Default)]
struct ChangedCounter {
    total: i64,
}

#[workflow]
impl ChangedCounter {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<i64> {
        wf.wait(|_| false).await?;
        Ok(wf.total)
    }

    #[update]
    fn add_by_activity(&mut self, number: i64) -> Result<i64> {
        self.total += number;
        Ok(self.total)
    }
}

#[test]
fn an_update_that_no_longer_does_its_activity() {
    let mismatch = mismatch("update_with_activity", "ChangedCounter");
    assert_eq!(
        (mismatch.expected, mismatch.found),
        (
            "activity `add` (id 1) scheduled".to_owned(),
            "update `slow-update` completed".to_owned()
        )
    );
}

#[test]
fn an_update_without_a_handler_is_named() {
    let error = replay_error("update_ok", "ChangedCounter");
    assert!(
        error.message.contains(
            "history has an accepted update `add_number`, and the workflow `ChangedCounter` no longer handles it; known updates: add_by_activity"
        ),
        "{error}"
    );
}

changed! {
    a_patch_removed_too_early: "patch_new" => 5, "patch `square-not-add`", "activity `square` (id 1) scheduled";
    async fn patch_gone(wf) -> i64 {
        wf.execute(square::with(4)).await
    }

    another_patch: "patch_new" => 5, "patch `square-not-add`", "activity `square` (id 1) scheduled";
    async fn patched_by_another_name(wf) -> i64 {
        if wf.patched("another") {
            return wf.execute(add::with(4, 4)).await;
        }
        wf.execute(square::with(4)).await
    }

    deprecated_while_old_runs_live: "patch_before" => 5, "activity `add` (id 1) scheduled", "activity `square` (id 1) scheduled";
    async fn deprecated_too_early(wf) -> i64 {
        wf.deprecate_patch("square-not-add");
        wf.execute(square::with(4)).await
    }

    patches_in_another_order: "patch_loop" => 5, "patch `first`", "patch `second`";
    async fn patches_swapped(wf) -> () {
        wf.patched("second");
        wf.patched("first");
        wf.sleep(Duration::from_millis(50)).await
    }

    a_patch_asked_too_late: "patch_loop" => 16, "patch `round-1`", "timer `2` of 50ms started";
    async fn patch_after_the_timer(wf) -> () {
        for id in ["first", "second", "round-0"] {
            wf.patched(id);
        }
        wf.sleep(Duration::from_millis(50)).await?;
        wf.sleep(Duration::from_millis(50)).await
    }

    an_end_for_a_continuation: "continue_as_new_run1" => 10, "the workflow continued as new", "the workflow completed";
    async fn ends_early(wf, _left: u32, log: Vec<String>) -> Vec<String> {
        wf.sleep(Duration::from_millis(200)).await?;
        Ok(log)
    }

    a_continuation_for_an_end: "continue_as_new_run2" => 10, "the workflow completed", "the workflow continued as new";
    async fn goes_on_and_on(wf, left: u32, log: Vec<String>) -> Vec<String> {
        wf.sleep(Duration::from_millis(200)).await?;
        wf.continue_as_new(goes_on_and_on::with(left, log))
    }

    a_memo_no_longer_changed: "memo" => 11, "a change of the memo", "the workflow completed";
    async fn changes_its_memo_once(wf) -> () {
        wf.upsert_memo(MemoUpdate::new().set("kept", 1))?;
        wf.sleep(Duration::from_millis(200)).await
    }

    a_memo_for_attributes: "search_attributes" => 5, "an upsert of search attributes", "a change of the memo";
    async fn changes_its_memo_instead(wf) -> () {
        wf.upsert_memo(MemoUpdate::new().set("kept", 1))?;
        wf.sleep(Duration::from_millis(200)).await
    }

    attributes_in_two_commands: "search_attributes" => 6, "timer `1` started", "an upsert of search attributes";
    async fn upserts_one_by_one(wf) -> () {
        wf.upsert_search_attributes([KEYWORD.set("blue")]);
        wf.upsert_search_attributes([KEYWORD.set("red")]);
        wf.sleep(Duration::from_millis(200)).await
    }

    the_last_result_ignored: "cron_run2" => 5, "timer `1` started", "the workflow completed";
    async fn forgets_the_run_before(wf) -> u32 {
        Ok(1)
    }
}
