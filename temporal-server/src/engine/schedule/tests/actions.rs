//! What a schedule starts, when, and how often.

use temporal_protos::enums::WorkflowIdReusePolicy as Reuse;

use super::*;

fn limited(remaining: i64) -> Plan {
    let mut plan = plan(every(HOUR));
    plan.state.limited_actions = true;
    plan.state.remaining_actions = remaining;
    plan
}

#[test]
fn rule_139_a_workflow_is_named_by_its_time_and_knows_its_schedule() {
    let mut spec = every(HOUR);
    spec.jitter = Some(duration(600));
    let mut world = World::new(spec);
    world.pass(2 * HOUR - 1);
    let Start { request, run_id } = world.starts.pop().unwrap();
    assert_eq!(
        request.workflow_id, "work-2030-01-01T01:00:00Z",
        "the time without jitter"
    );
    assert_eq!(request.identity, "temporal-scheduler-space-sched");
    assert_eq!(request.workflow_id_reuse_policy(), Reuse::RejectDuplicate);
    let attribute = |name: &str| {
        request.search_attributes.as_ref().unwrap().indexed_fields[name]
            .data
            .clone()
    };
    assert_eq!(attribute("TemporalScheduledById"), "\"sched\"");
    assert_eq!(
        attribute("TemporalScheduledStartTime"),
        "\"2030-01-01T01:00:00Z\""
    );
    let action = &world.info().recent_actions[0];
    assert_eq!(
        action.start_workflow_result.as_ref().unwrap().run_id,
        run_id
    );
    let due = action.schedule_time.unwrap();
    assert!((YEAR_2030 + HOUR..YEAR_2030 + HOUR + 600).contains(&due.seconds));
    assert!(
        (due.seconds, due.nanos) <= (action.actual_time.unwrap().seconds, 0),
        "never early"
    );
}

#[test]
fn rule_139_manual_starts_may_repeat_an_id() {
    let mut world = World::new(ScheduleSpec::default());
    world.trigger(Policy::AllowAll);
    let request = world.starts.pop().unwrap().request;
    assert_eq!(request.workflow_id_reuse_policy(), Reuse::AllowDuplicate);
    assert_eq!(request.workflow_id, "work-2030-01-01T00:00:00Z");
}

#[test]
fn rule_139_results_and_failures_are_carried_to_the_next_run() {
    let mut world = World::new(every(HOUR));
    let mut carried = |status| {
        world.pass(HOUR);
        let request = world.starts.pop().unwrap().request;
        world.end_run(status);
        (
            request.last_completion_result.is_some(),
            request.continued_failure.is_some(),
        )
    };
    assert_eq!(carried(Status::Completed), (false, false));
    assert_eq!(carried(Status::Failed), (true, false));
    assert_eq!(
        carried(Status::Canceled),
        (true, true),
        "the older result stays"
    );
    assert_eq!(
        carried(Status::Completed),
        (true, true),
        "a cancelled run says nothing"
    );
    assert_eq!(carried(Status::Completed), (true, false));
}

#[test]
fn rule_140_limited_actions_count_down_and_end() {
    let mut world = World::with(limited(2), Event::Woken);
    assert_eq!(
        world
            .schedule
            .describe(at(world.now))
            .info
            .unwrap()
            .future_action_times
            .len(),
        2
    );
    let token = world.schedule.state.conflict_token;
    world.pass(HOUR);
    world.end_run(Status::Completed);
    assert!(
        world.schedule.state.conflict_token > token,
        "a client would see it change"
    );
    world.pass(HOUR);
    world.end_run(Status::Completed);
    assert_eq!(world.schedule.state.state.remaining_actions, 0);
    assert_eq!(world.wake, None, "nothing is left to wake for");
    world.pass(5 * HOUR);
    assert_eq!(world.started().len(), 2);
    assert_eq!(
        world
            .schedule
            .describe(at(world.now))
            .info
            .unwrap()
            .future_action_times,
        []
    );
}

#[test]
fn rule_140_manual_starts_do_not_count_and_are_always_allowed() {
    let mut world = World::with(limited(0), Event::Woken);
    world.trigger(Policy::AllowAll);
    world.backfill(YEAR_2030, YEAR_2030 + HOUR, Policy::AllowAll);
    assert_eq!(world.started().len(), 3);
    assert_eq!(world.schedule.state.state.remaining_actions, 0);
}

#[test]
fn rule_140_a_buffered_start_that_is_no_longer_allowed_is_dropped() {
    let mut plan = limited(1);
    plan.policies.overlap_policy = Policy::BufferAll.into();
    let mut world = World::with(plan, Event::Woken);
    world.now += 3 * HOUR;
    world.tell(Event::Woken);
    assert_eq!(world.started().len(), 1);
    world.end_run(Status::Completed);
    assert_eq!(world.started(), Vec::<String>::new());
    assert!(world.schedule.state.buffer.is_empty());
}

#[test]
fn rule_140_pausing_stops_the_spec_alone() {
    let mut world = World::new(every(HOUR));
    world.patch(SchedulePatch {
        pause: "busy".into(),
        ..Default::default()
    });
    assert_eq!(world.wake, None);
    world.pass(3 * HOUR);
    world.trigger(Policy::AllowAll);
    assert_eq!(world.started().len(), 1);
    world.patch(SchedulePatch {
        unpause: "quiet".into(),
        ..Default::default()
    });
    assert_eq!(
        world.started(),
        Vec::<String>::new(),
        "what passed meanwhile is not made up for"
    );
    world.pass(HOUR);
    assert_eq!(world.started(), ["work-2030-01-01T04:00:00Z"]);
}

#[test]
fn rule_138_a_time_that_was_missed_by_more_than_the_window_is_dropped_and_counted_once() {
    let mut plan = plan(every(HOUR));
    plan.policies.overlap_policy = Policy::AllowAll.into();
    plan.policies.catchup_window = Some(duration(90 * 60));
    let mut world = World::with(plan, Event::Woken);
    // The service slept for five hours.
    world.now += 5 * HOUR + 60;
    world.tell(Event::Woken);
    let caught_up = ["work-2030-01-01T04:00:00Z", "work-2030-01-01T05:00:00Z"];
    assert_eq!(world.started(), caught_up);
    assert_eq!(world.info().missed_catchup_window, 3);
    world.tell(Event::Woken);
    assert_eq!(world.info().missed_catchup_window, 3);
}

#[test]
fn a_long_sleep_is_caught_up_with_bit_by_bit() {
    let mut world = World::new(every(1));
    world.now += 25_000;
    let woken = world.tell(Event::Woken);
    assert_eq!(woken.wake, Some(at(world.now + 1)));
    world.pass(10);
    let info = world.info();
    let seen = info.overlap_skipped + info.action_count + info.buffer_dropped;
    assert_eq!(seen, 25_010, "every second was looked at");
    assert_eq!(info.action_count, 1);
}

#[test]
fn a_start_that_was_refused_is_as_if_it_had_not_been() {
    let mut world = World::new(every(HOUR));
    world.pass(HOUR);
    let run_id = world.starts.pop().unwrap().run_id;
    world.tell(Event::NotStarted { run_id });
    assert_eq!((world.info().action_count, world.running()), (0, 0));
    assert_eq!(world.info().recent_actions, []);
    world.pass(HOUR);
    assert_eq!(world.started(), ["work-2030-01-01T02:00:00Z"]);
}

#[test]
fn starts_that_are_all_refused_follow_each_other_a_second_apart() {
    let mut world = World::new(every(HOUR));
    world.backfill(YEAR_2030 - 3 * HOUR, YEAR_2030, Policy::BufferAll);
    for left in (0..4).rev() {
        let run_id = world.starts.pop().unwrap().run_id;
        let decisions = world.tell(Event::NotStarted { run_id });
        assert!(decisions.actions.is_empty(), "the next is for another call");
        let next = if left > 0 {
            world.now + 1
        } else {
            YEAR_2030 + HOUR
        };
        assert_eq!(world.wake, Some(at(next)), "{left} are left");
        world.pass(1);
        assert_eq!(world.starts.len(), usize::from(left > 0));
    }
    assert_eq!((world.info().action_count, world.running()), (0, 0));
}

#[test]
fn without_an_action_nothing_starts_and_nothing_waits() {
    let mut plan = plan(every(HOUR));
    plan.action = None;
    let mut world = World::with(plan, Event::Woken);
    world.trigger(Policy::BufferAll);
    world.pass(3 * HOUR);
    assert_eq!(world.started(), Vec::<String>::new());
    assert!(world.schedule.state.buffer.is_empty());
}
