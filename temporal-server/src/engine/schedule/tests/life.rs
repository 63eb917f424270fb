//! Patches, updates, descriptions, and the end of a schedule.

use prost::Message as _;

use super::*;

const DAY: i64 = 24 * HOUR;

fn updated(world: &mut World, plan: Plan, token: Option<i64>) {
    world.tell(Event::Updated(Box::new(plan), token));
}

#[test]
fn rule_141_a_repeated_request_counts_once() {
    let mut world = World::with(plan(every(HOUR)), Event::Woken);
    let trigger = SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest::default()),
        ..SchedulePatch::default()
    };
    let ask = |world: &mut World, id: &str| {
        let asked = Event::Requested(id.into(), Request::Patch(trigger.clone()));
        world.tell(asked).actions.len()
    };
    assert_eq!(["a", "a"].map(|id| ask(&mut world, id)), [1, 0]);
    for number in 0..MAX_HEARD_REQUESTS {
        ask(&mut world, &number.to_string());
    }
    assert_eq!(
        world.schedule.state.heard_requests.len(),
        MAX_HEARD_REQUESTS
    );
    assert!(
        !world
            .schedule
            .state
            .heard_requests
            .contains(&"a".to_owned())
    );
}

#[test]
fn rule_140_a_failure_pauses_and_says_why() {
    let note = |status| {
        let mut plan = plan(every(HOUR));
        plan.policies.pause_on_failure = true;
        let mut world = World::with(plan, Event::Woken);
        world.pass(HOUR);
        world.end_run(status);
        let state = &world.schedule.state.state;
        (state.paused, state.notes.clone())
    };
    let id = "work-2030-01-01T01:00:00Z";
    let failure = format!("paused due to workflow failure: {id}: boom");
    assert_eq!(note(Status::Failed), (true, failure));
    let timeout = format!("paused due to workflow timeout: {id}");
    assert_eq!(note(Status::TimedOut), (true, timeout));
    for status in [Status::Completed, Status::Canceled, Status::Terminated] {
        assert_eq!(note(status), (false, String::new()));
    }
}

#[test]
fn rule_141_a_backfill_has_both_its_ends_and_runs_while_paused() {
    let mut plan = plan(every(HOUR));
    plan.state.paused = true;
    let mut world = World::with(plan, Event::Woken);
    world.backfill(YEAR_2030 - 2 * HOUR, YEAR_2030, Policy::AllowAll);
    let hours = ["2029-12-31T22", "2029-12-31T23", "2030-01-01T00"];
    assert_eq!(
        world.started(),
        hours.map(|hour| format!("work-{hour}:00:00Z"))
    );
    world.backfill(YEAR_2030, YEAR_2030 - HOUR, Policy::AllowAll);
    assert_eq!(world.started(), Vec::<String>::new());
}

#[test]
fn rule_141_runs_that_may_overlap_are_backfilled_ten_at_a_time() {
    let mut world = World::new(every(HOUR));
    world.backfill(YEAR_2030 - 24 * HOUR, YEAR_2030, Policy::AllowAll);
    assert_eq!(world.started().len(), 10);
    assert_eq!(world.wake, Some(at(YEAR_2030 + 1)));
    world.pass(1);
    assert_eq!(world.started().len(), 10);
    world.pass(1);
    assert_eq!(world.started().len(), 5);
    assert_eq!(world.info().recent_actions.len(), 10);
    world.pass(10);
    assert_eq!(
        world.wake,
        Some(at(YEAR_2030 + HOUR)),
        "the backfill is over"
    );
}

#[test]
fn rule_141_other_backfills_are_gone_through_at_once() {
    let mut world = World::new(every(HOUR));
    world.backfill(YEAR_2030 - 100 * HOUR, YEAR_2030, Policy::Skip);
    assert_eq!(
        (world.info().action_count, world.info().overlap_skipped),
        (1, 100)
    );
    assert!(world.schedule.state.backfills.is_empty());
    // What waits in the buffer takes at most half of it; the rest follows as runs end.
    world.backfill(YEAR_2030 - 700 * HOUR, YEAR_2030, Policy::BufferAll);
    assert_eq!(world.schedule.state.buffer.len(), MAX_BUFFER / 2);
    for _ in 0..702 {
        world.end_run(Status::Completed);
        if world.running() == 0 {
            break;
        }
    }
    assert_eq!(world.info().action_count, 702);
    assert!(world.schedule.state.backfills.is_empty() && world.running() == 0);
}

#[test]
fn a_long_backfill_is_gone_through_a_thousand_times_a_second() {
    let mut world = World::new(every(HOUR));
    world.backfill(YEAR_2030 - 5000 * HOUR, YEAR_2030, Policy::Skip);
    let seen = |world: &World| world.info().action_count + world.info().overlap_skipped;
    assert_eq!(seen(&world), 1000);
    assert_eq!(world.wake, Some(at(YEAR_2030 + 1)));
    world.pass(4);
    assert_eq!(seen(&world), 5000);
    world.pass(1);
    assert_eq!(seen(&world), 5001);
    assert!(world.schedule.state.backfills.is_empty());
}

#[test]
fn rule_141_a_trigger_may_name_its_time() {
    let mut world = World::new(ScheduleSpec::default());
    world.patch(SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest {
            scheduled_time: Some(timestamp(0)),
            ..Default::default()
        }),
        ..Default::default()
    });
    assert_eq!(world.started(), ["work-1970-01-01T00:00:00Z"]);
}

#[test]
fn rule_133_the_first_patch_applies_at_creation() {
    let pause = SchedulePatch {
        pause: "not yet".into(),
        trigger_immediately: Some(TriggerImmediatelyRequest::default()),
        ..Default::default()
    };
    let mut world = World::with(plan(every(HOUR)), Event::Patched(pause));
    assert_eq!(world.started().len(), 1);
    assert_eq!(world.wake, None);
    assert_eq!(world.schedule.state.state.notes, "not yet");
}

#[test]
fn rule_142_a_description_shows_ten_times_and_ten_actions() {
    let mut plan = plan(every(HOUR));
    plan.state.paused = true;
    let mut world = World::with(plan, Event::Woken);
    world.backfill(YEAR_2030 - 11 * HOUR, YEAR_2030, Policy::AllowAll);
    world.pass(30 * HOUR + 60);
    let info = world.schedule.describe(at(world.now)).info.unwrap();
    assert_eq!((info.action_count, info.recent_actions.len()), (12, 10));
    // A paused schedule shows them, too; none of them is over.
    let next = (1..=10).map(|n| timestamp(YEAR_2030 + (30 + n) * HOUR));
    assert!(info.future_action_times.into_iter().eq(next));
    let listed = world.schedule.list_entry(at(world.now)).info.unwrap();
    assert_eq!(
        (
            listed.recent_actions.len(),
            listed.future_action_times.len()
        ),
        (5, 5)
    );
    assert!(listed.paused);
}

#[test]
fn rule_142_the_status_of_a_run_is_kept_up_to_date() {
    let mut world = World::new(every(HOUR));
    world.pass(HOUR);
    let status = |world: &World| world.info().recent_actions[0].start_workflow_status();
    assert_eq!((status(&world), world.running()), (Status::Running, 1));
    world.end_run(Status::Terminated);
    assert_eq!((status(&world), world.running()), (Status::Terminated, 0));
    // Overlapping runs are not among the running ones, but their end is seen.
    world.trigger(Policy::AllowAll);
    let start = world.starts.pop().unwrap();
    world.tell(Event::RunClosed(Box::new(RunEnd {
        workflow_id: start.request.workflow_id,
        first_run_id: start.run_id,
        status: Status::Completed,
        result: Some(payloads("ignored")),
        failure: None,
    })));
    assert_eq!(
        world.info().recent_actions[1].start_workflow_status(),
        Status::Completed
    );
    assert_eq!(world.schedule.state.last_completion_result, None);
}

#[test]
fn rule_143_an_update_replaces_all_but_what_it_leaves_out() {
    let mut first = plan(every(HOUR));
    first.memo = Some(Memo::default());
    first.search_attributes = Some(SearchAttributes::default());
    let mut world = World::with(first, Event::Woken);
    let mut second = plan(every(2 * HOUR));
    second.state.notes = "new".into();
    updated(&mut world, second, None);
    let described = world.schedule.describe(at(world.now));
    assert_eq!(described.schedule.unwrap().state.unwrap().notes, "new");
    assert_eq!(
        described.memo,
        Some(Memo::default()),
        "absent means to keep"
    );
    assert_eq!(
        described.info.unwrap().update_time,
        Some(timestamp(YEAR_2030))
    );
    assert_eq!(world.wake, Some(at(YEAR_2030 + 2 * HOUR)));
    let mut third = plan(every(HOUR));
    let blue = [("Colour".to_owned(), Payload::default())];
    third.search_attributes = Some(SearchAttributes {
        indexed_fields: blue.into(),
    });
    updated(&mut world, third, None);
    assert!(world.schedule.state.search_attributes.is_some());
    let mut fourth = plan(every(HOUR));
    fourth.search_attributes = Some(SearchAttributes::default());
    updated(&mut world, fourth, None);
    let left = world.schedule.state.search_attributes.clone();
    assert_eq!(
        left,
        Some(SearchAttributes::default()),
        "empty means to clear"
    );
}

#[test]
fn rule_143_a_stale_token_changes_nothing() {
    let mut world = World::new(every(HOUR));
    let token = world.schedule.state.conflict_token;
    updated(&mut world, plan(every(60)), Some(token));
    assert_eq!(world.wake, Some(at(YEAR_2030 + 60)));
    updated(&mut world, plan(every(1)), Some(token));
    assert_eq!(world.wake, Some(at(YEAR_2030 + 60)));
    updated(&mut world, plan(every(1)), None);
    assert_eq!(world.wake, Some(at(YEAR_2030 + 1)));
}

#[test]
fn rule_143_an_update_does_not_reach_into_the_past() {
    let mut world = World::new(every(365 * DAY));
    world.pass(100 * HOUR + 30 * 60);
    updated(&mut world, plan(every(HOUR)), None);
    assert_eq!(world.started(), Vec::<String>::new());
    assert_eq!(world.wake, Some(at(YEAR_2030 + 101 * HOUR)));
    world.pass(HOUR);
    assert_eq!(world.started().len(), 1);
}

#[test]
fn rule_143_an_update_keeps_an_action_whose_jitter_is_not_over() {
    let mut spec = every(HOUR);
    spec.jitter = Some(duration(HOUR));
    let mut world = World::new(spec.clone());
    let due = world.wake.unwrap();
    // After the time itself, before the action.
    world.now = YEAR_2030 + HOUR + 1;
    assert!(at(world.now) < due, "this seed is late enough");
    updated(&mut world, plan(spec), None);
    assert_eq!(world.wake, Some(due));
    world.pass(2 * HOUR);
    assert_eq!(world.started()[0], "work-2030-01-01T01:00:00Z");
}

#[test]
fn rule_144_times_are_listed_after_the_start_up_to_the_end() {
    let world = World::new(every(HOUR));
    let list = |start, end| {
        world
            .schedule
            .matching_times(&timestamp(start), &timestamp(end))
    };
    let two = [YEAR_2030 + HOUR, YEAR_2030 + 2 * HOUR].map(timestamp);
    assert_eq!(list(YEAR_2030, YEAR_2030 + 2 * HOUR), two);
    assert_eq!(list(YEAR_2030 + HOUR, YEAR_2030), []);
    assert_eq!(list(0, YEAR_2030).len(), 1000);
    assert_eq!(list(i64::MIN, i64::MAX).len(), 1000);
}

#[test]
fn rule_144_a_schedule_with_nothing_left_to_do_is_over_after_a_week() {
    let is_over = |world: &World, days: i64| world.schedule.is_over(at(world.now + days * DAY));
    let world = World::new(ScheduleSpec::default());
    assert!(!is_over(&world, 6) && is_over(&world, 7));
    assert!(!is_over(&World::new(every(HOUR)), 1000));
    // The last time has passed, and then the run has ended.
    let mut spec = every(HOUR);
    spec.end_time = Some(timestamp(YEAR_2030 + HOUR));
    let mut world = World::new(spec);
    world.pass(HOUR);
    assert!(!is_over(&world, 100), "its run goes on");
    world.end_run(Status::Completed);
    assert!(!is_over(&world, 6) && is_over(&world, 7));
    world.patch(SchedulePatch {
        pause: "keep it".into(),
        ..Default::default()
    });
    assert!(!is_over(&world, 1000), "somebody may unpause it");
}

#[test]
fn the_whole_state_travels_as_bytes() {
    let mut world = World::new(every(HOUR));
    world.backfill(YEAR_2030 - 100 * HOUR, YEAR_2030, Policy::AllowAll);
    world.pass(HOUR);
    world.end_run(Status::Failed);
    let bytes = world.schedule.state.encode_to_vec();
    assert_eq!(State::decode(bytes.as_slice()), Ok(world.schedule.state));
}

#[test]
fn visibility_is_told_when_it_must_show_something_else() {
    let mut world = World::new(every(HOUR));
    assert!(!world.tell(Event::Woken).row_changed);
    let pause = SchedulePatch {
        pause: "x".into(),
        ..Default::default()
    };
    assert!(world.tell(Event::Patched(pause.clone())).row_changed);
    assert!(!world.tell(Event::Patched(pause)).row_changed);
    let row = world.schedule.visibility_row();
    assert_eq!(&*row.workflow_id, "temporal-sys-scheduler:sched");
    let fields = row.search_attributes.indexed_fields;
    assert_eq!(fields["TemporalSchedulePaused"].data, "true");
    assert_eq!(
        fields["TemporalNamespaceDivision"].data,
        "\"TemporalScheduler\""
    );
}
