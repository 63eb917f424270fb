//! Random lives of schedules: what must hold after every event, whatever it is.

use prost::Message as _;
use temporal_protos::enums::WorkflowIdReusePolicy as Reuse;

use super::*;
use crate::engine::fuzz::Random;

const POLICIES: [Policy; 7] = [
    Policy::Unspecified,
    Policy::Skip,
    Policy::BufferOne,
    Policy::BufferAll,
    Policy::CancelOther,
    Policy::TerminateOther,
    Policy::AllowAll,
];

/// A life, and what was seen of it.
struct Life {
    world: World,
    random: Random,
    started: i64,
    refused: i64,
    /// The last time that the spec started something for.
    last_regular: String,
}

#[test]
fn whatever_happens_to_a_schedule_it_keeps_its_promises() {
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let plan = random_plan(&mut random);
        let mut life = Life {
            world: World::with(plan, Event::Woken),
            random,
            started: 0,
            refused: 0,
            last_regular: String::new(),
        };
        for step in 0..40 {
            life.step();
            life.check(&format!("seed {seed}, step {step}"));
        }
    }
}

fn random_plan(random: &mut Random) -> Plan {
    let mut spec = every([60, 600, 3600, 7000][random.below(4)]);
    spec.jitter = (random.below(3) == 0).then(|| duration(900));
    let mut plan = plan(spec);
    plan.policies.overlap_policy = POLICIES[random.below(7)].into();
    plan.policies.catchup_window = Some(duration([10, 3600, 100_000][random.below(3)]));
    plan.policies.pause_on_failure = random.below(2) == 0;
    plan.state.limited_actions = random.below(3) == 0;
    plan.state.remaining_actions = 5;
    plan
}

impl Life {
    fn step(&mut self) {
        let random = &mut self.random;
        let policy = POLICIES[random.below(7)];
        let seconds = [0, 1, 59, 4000, 90_000][random.below(5)];
        match random.below(9) {
            0 => self.world.pass(seconds.min(5000)),
            // The service slept.
            1 => {
                self.world.now += seconds;
                self.world.tell(Event::Woken);
            }
            2 => self.world.trigger(policy),
            3 => {
                let end = YEAR_2030 - seconds;
                self.world.backfill(end - 4000, end, policy);
            }
            4 => self.world.patch(SchedulePatch {
                pause: "pause".into(),
                ..Default::default()
            }),
            5 => self.world.patch(SchedulePatch {
                unpause: "unpause".into(),
                ..Default::default()
            }),
            6 => {
                let plan = random_plan(random);
                let stale = (random.below(4) == 0).then_some(0);
                self.world.tell(Event::Updated(Box::new(plan), stale));
            }
            7 => {
                let last = self.world.schedule.state.info.recent_actions.last();
                let run = last.and_then(|last| last.start_workflow_result.clone());
                // Only a start that was just asked for can be refused.
                if let Some(run) = run
                    && self
                        .world
                        .starts
                        .iter()
                        .any(|start| start.run_id == run.run_id)
                {
                    self.refused += 1;
                    self.world.tell(Event::NotStarted { run_id: run.run_id });
                }
            }
            _ if self.world.running() > 0 => {
                let ends = [
                    Status::Completed,
                    Status::Failed,
                    Status::TimedOut,
                    Status::Canceled,
                ];
                self.world.end_run(ends[random.below(4)]);
            }
            _ => {}
        }
    }

    fn check(&mut self, place: &str) {
        let world = &mut self.world;
        let paused = world.schedule.state.state.paused;
        for start in std::mem::take(&mut world.starts) {
            self.started += 1;
            if start.request.workflow_id_reuse_policy() == Reuse::RejectDuplicate {
                let id = start.request.workflow_id;
                assert!(
                    id > self.last_regular,
                    "{place}: {id} after {}",
                    self.last_regular
                );
                self.last_regular = id;
            }
        }
        let state = &world.schedule.state;
        assert_eq!(
            state.info.action_count,
            self.started - self.refused,
            "{place}"
        );
        assert!(state.info.recent_actions.len() <= 10, "{place}");
        assert!(
            state.info.running_workflows.len() <= 1,
            "{place}: one at a time"
        );
        assert!(state.buffer.len() <= MAX_BUFFER, "{place}");
        let waits_for_nothing = !state.buffer.is_empty() && state.info.running_workflows.is_empty();
        assert!(
            !waits_for_nothing,
            "{place}: what is buffered waits for a run"
        );
        assert!(state.state.remaining_actions >= 0, "{place}");
        assert!(
            world.wake.is_none_or(|wake| wake > at(world.now)),
            "{place}"
        );
        let idle = paused && state.backfills.is_empty();
        assert!(
            !idle || world.wake.is_none(),
            "{place}: paused, and nothing to do"
        );
        // What is described is possible.
        let info = world.schedule.describe(at(world.now)).info.unwrap();
        let mut times = info.future_action_times.iter().map(Time::from_proto);
        assert!(times.all(|time| time > at(world.now)), "{place}");
        assert_eq!(
            State::decode(state.encode_to_vec().as_slice()).as_ref(),
            Ok(state)
        );
    }
}
