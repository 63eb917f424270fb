//! What becomes of starts that meet a run.

use super::super::overlap::{self, Plan as Overlap};
use super::*;

fn due(count: i64, policy: Policy) -> Vec<BufferedStart> {
    (0..count)
        .map(|nominal| BufferedStart {
            nominal,
            actual: nominal * 1000,
            overlap_policy: policy.into(),
            manual: false,
        })
        .collect()
}

/// Numbers of the starts: those at once, the next, those that wait; and how many are skipped.
fn decided(plan: &Overlap) -> (Vec<i64>, Option<i64>, Vec<i64>, i64) {
    let numbers = |starts: &[BufferedStart]| starts.iter().map(|start| start.nominal).collect();
    let next = plan.next.map(|start| start.nominal);
    (
        numbers(&plan.at_once),
        next,
        numbers(&plan.waiting),
        plan.skipped,
    )
}

#[test]
fn rule_137_each_policy_when_nothing_runs() {
    let plan = |policy| overlap::plan(due(3, policy), false, Policy::Skip);
    assert_eq!(decided(&plan(Policy::Skip)), (vec![], Some(0), vec![], 2));
    assert_eq!(
        decided(&plan(Policy::BufferOne)),
        (vec![], Some(0), vec![1], 1)
    );
    assert_eq!(
        decided(&plan(Policy::BufferAll)),
        (vec![], Some(0), vec![1, 2], 0)
    );
    assert_eq!(
        decided(&plan(Policy::CancelOther)),
        (vec![], Some(2), vec![], 0)
    );
    assert_eq!(
        decided(&plan(Policy::TerminateOther)),
        (vec![], Some(2), vec![], 0)
    );
    assert_eq!(
        decided(&plan(Policy::AllowAll)),
        (vec![0, 1, 2], None, vec![], 0)
    );
    assert!(
        !plan(Policy::CancelOther).cancel,
        "there is nothing to cancel"
    );
}

#[test]
fn rule_137_each_policy_while_a_run_goes_on() {
    let plan = |policy| overlap::plan(due(3, policy), true, Policy::Skip);
    assert_eq!(decided(&plan(Policy::Skip)), (vec![], None, vec![], 3));
    assert_eq!(
        decided(&plan(Policy::BufferOne)),
        (vec![], None, vec![0], 2)
    );
    assert_eq!(
        decided(&plan(Policy::BufferAll)),
        (vec![], None, vec![0, 1, 2], 0)
    );
    assert_eq!(
        decided(&plan(Policy::AllowAll)),
        (vec![0, 1, 2], None, vec![], 0)
    );
    let cancel = plan(Policy::CancelOther);
    assert_eq!(decided(&cancel), (vec![], None, vec![0, 1, 2], 0));
    assert!(cancel.cancel && !cancel.terminate);
    let terminate = plan(Policy::TerminateOther);
    assert!(terminate.terminate && !terminate.cancel);
}

#[test]
fn rule_137_starts_without_a_policy_have_the_schedules() {
    let own = overlap::plan(due(2, Policy::Unspecified), true, Policy::BufferAll);
    assert_eq!(decided(&own), (vec![], None, vec![0, 1], 0));
    assert_eq!(overlap::resolve(99, Policy::Skip), Policy::Skip);
}

#[test]
fn rule_137_skip_drops_what_comes_while_a_run_goes_on() {
    let mut world = World::new(every(HOUR));
    world.pass(3 * HOUR);
    assert_eq!(world.started(), ["work-2030-01-01T01:00:00Z"]);
    assert_eq!(world.info().overlap_skipped, 2);
    world.end_run(Status::Completed);
    assert_eq!(world.started(), Vec::<String>::new());
    world.pass(HOUR);
    assert_eq!(world.started(), ["work-2030-01-01T04:00:00Z"]);
}

#[test]
fn rule_137_what_is_buffered_starts_when_the_run_ends() {
    for (policy, waits) in [(Policy::BufferOne, 1), (Policy::BufferAll, 2)] {
        let mut plan = plan(every(HOUR));
        plan.policies.overlap_policy = policy.into();
        let mut world = World::with(plan, Event::Woken);
        world.pass(3 * HOUR);
        assert_eq!(world.started().len(), 1);
        assert_eq!(
            world
                .schedule
                .describe(at(world.now))
                .info
                .unwrap()
                .buffer_size,
            waits
        );
        world.end_run(Status::Completed);
        assert_eq!(world.started(), ["work-2030-01-01T02:00:00Z"]);
    }
}

#[test]
fn rule_137_the_other_is_ended_and_the_next_starts_when_it_has_closed() {
    for policy in [Policy::CancelOther, Policy::TerminateOther] {
        let mut plan = plan(every(HOUR));
        plan.policies.overlap_policy = policy.into();
        let mut world = World::with(plan, Event::Woken);
        world.pass(2 * HOUR);
        assert_eq!(world.started(), ["work-2030-01-01T01:00:00Z"]);
        let first = world.info().running_workflows[0].clone();
        let asked = if policy == Policy::CancelOther {
            &world.cancelled
        } else {
            &world.terminated
        };
        assert_eq!(*asked, [first]);
        world.end_run(Status::Canceled);
        assert_eq!(world.started(), ["work-2030-01-01T02:00:00Z"]);
        assert_eq!(world.running(), 1);
    }
}

#[test]
fn rule_137_overlapping_runs_carry_no_result_and_are_not_waited_for() {
    let mut world = World::new(every(HOUR));
    world.trigger(Policy::Unspecified);
    world.end_run(Status::Completed);
    world.started();
    world.trigger(Policy::AllowAll);
    let start = world.starts.pop().unwrap();
    assert_eq!(start.request.last_completion_result, None);
    assert_eq!(world.running(), 0);
    // The schedule's own policy makes runs overlap, but they have someone before them.
    world.schedule.state.policies.overlap_policy = Policy::AllowAll.into();
    world.trigger(Policy::Unspecified);
    let start = world.starts.pop().unwrap();
    assert_eq!(start.request.last_completion_result, Some(payloads("done")));
    assert_eq!(world.running(), 0);
    world.trigger(Policy::Skip);
    let start = world.starts.pop().unwrap();
    assert_eq!(start.request.last_completion_result, Some(payloads("done")));
}

#[test]
fn rule_137_the_buffer_is_bounded_and_counts_what_it_drops() {
    let mut plan = plan(every(1));
    plan.policies.overlap_policy = Policy::BufferAll.into();
    let mut world = World::with(plan, Event::Woken);
    world.now += 1100;
    world.tell(Event::Woken);
    assert_eq!(world.info().buffer_dropped, 100);
    assert_eq!(world.schedule.state.buffer.len(), 999);
}
