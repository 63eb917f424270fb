//! Schedules by events in and decisions out, without a driver.

mod actions;
mod checks;
mod fuzz;
mod life;
mod overlaps;
mod texts;
mod times;

use temporal_protos::common::{Payload, Payloads, WorkflowExecution, WorkflowType};
use temporal_protos::schedule::{
    BackfillRequest, IntervalSpec, SchedulePatch, ScheduleSpec, TriggerImmediatelyRequest,
};
use temporal_protos::taskqueue::TaskQueue;

use super::start::Start;
use super::*;

/// 1 January 2030, midnight, in seconds since the epoch.
pub(super) const YEAR_2030: i64 = 1_893_456_000;
pub(super) const HOUR: i64 = 3600;

/// A schedule and the world around it: a clock that is moved, and what the schedule asked for.
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) now: i64,
    ids: u32,
    /// Workflows to be started that nobody has looked at.
    pub(super) starts: Vec<Start>,
    pub(super) cancelled: Vec<WorkflowExecution>,
    pub(super) terminated: Vec<WorkflowExecution>,
    pub(super) wake: Option<Time>,
}

impl World {
    /// A schedule made at the beginning of 2030.
    pub(super) fn new(spec: ScheduleSpec) -> Self {
        Self::with(plan(spec), Event::Woken)
    }

    pub(super) fn with(plan: Plan, first: Event) -> Self {
        let namespace = Arc::new(Namespace {
            id: "namespace-id".into(),
            name: "space".into(),
        });
        let schedule = Schedule::new(
            namespace,
            "sched".into(),
            "request".into(),
            "row".into(),
            plan,
            at(YEAR_2030),
        );
        let mut world = Self {
            schedule,
            now: YEAR_2030,
            ids: 0,
            starts: Vec::new(),
            cancelled: Vec::new(),
            terminated: Vec::new(),
            wake: None,
        };
        world.tell(first);
        world
    }

    pub(super) fn tell(&mut self, event: Event) -> Decisions {
        let ids = &mut self.ids;
        let mut fresh = || {
            *ids += 1;
            format!("id-{ids}")
        };
        let decisions = self.schedule.handle(event, at(self.now), &mut fresh);
        for action in decisions.actions.clone() {
            match action {
                Action::Start(start) => self.starts.push(*start),
                Action::Cancel(run) => self.cancelled.push(run),
                Action::Terminate(run) => self.terminated.push(run),
            }
        }
        self.wake = decisions.wake;
        decisions
    }

    /// Moves the clock, and wakes the schedule whenever it asked for it.
    pub(super) fn pass(&mut self, seconds: i64) {
        let end = self.now + seconds;
        while let Some(wake) = self.wake.filter(|wake| *wake <= at(end)) {
            let second = wake.as_nanos().div_euclid(1_000_000_000);
            assert!(second >= self.now, "nobody is woken for the past");
            // Jitter is a matter of milliseconds: to the next whole second.
            self.now = second + i64::from(at(second) < wake);
            if self.now > end {
                break;
            }
            self.tell(Event::Woken);
        }
        self.now = end;
    }

    pub(super) fn trigger(&mut self, policy: Policy) {
        self.patch(SchedulePatch {
            trigger_immediately: Some(TriggerImmediatelyRequest {
                overlap_policy: policy.into(),
                ..Default::default()
            }),
            ..Default::default()
        });
    }

    pub(super) fn backfill(&mut self, start: i64, end: i64, policy: Policy) {
        self.patch(SchedulePatch {
            backfill_request: vec![BackfillRequest {
                start_time: Some(timestamp(start)),
                end_time: Some(timestamp(end)),
                overlap_policy: policy.into(),
            }],
            ..Default::default()
        });
    }

    pub(super) fn patch(&mut self, patch: SchedulePatch) {
        self.tell(Event::Patched(patch));
    }

    /// The oldest run that the schedule knows to go on ends like this.
    pub(super) fn end_run(&mut self, status: Status) {
        let run = self.schedule.state.info.running_workflows[0].clone();
        let failure = (status == Status::Failed).then(|| Failure {
            message: "boom".into(),
            ..Default::default()
        });
        self.tell(Event::RunClosed(Box::new(RunEnd {
            workflow_id: run.workflow_id,
            first_run_id: run.run_id,
            status,
            result: (status == Status::Completed).then(|| payloads("done")),
            failure,
        })));
    }

    /// The ids of the workflows that were started since the last look.
    pub(super) fn started(&mut self) -> Vec<String> {
        let starts = std::mem::take(&mut self.starts);
        let ids = starts.into_iter().map(|start| start.request.workflow_id);
        ids.collect()
    }

    pub(super) fn info(&self) -> &temporal_protos::schedule::ScheduleInfo {
        &self.schedule.state.info
    }

    pub(super) fn running(&self) -> usize {
        self.info().running_workflows.len()
    }
}

pub(super) fn at(second: i64) -> Time {
    Time::from_nanos(second * 1_000_000_000)
}

pub(super) fn timestamp(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

pub(super) fn duration(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

pub(super) fn payloads(text: &str) -> Payloads {
    Payloads {
        payloads: vec![Payload {
            data: text.to_owned().into(),
            ..Default::default()
        }],
    }
}

pub(super) fn every(seconds: i64) -> ScheduleSpec {
    ScheduleSpec {
        interval: vec![IntervalSpec {
            interval: Some(duration(seconds)),
            phase: None,
        }],
        ..Default::default()
    }
}

pub(super) fn cron(lines: &[&str]) -> ScheduleSpec {
    ScheduleSpec {
        cron_string: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Default::default()
    }
}

/// A plan that starts `work`, with the defaults of the service.
pub(super) fn plan(spec: ScheduleSpec) -> Plan {
    Plan {
        spec: Spec::new(spec).unwrap(),
        action: Some(NewWorkflowExecutionInfo {
            workflow_id: "work".into(),
            workflow_type: Some(WorkflowType {
                name: "type".into(),
            }),
            task_queue: Some(TaskQueue {
                name: "queue".into(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        policies: SchedulePolicies {
            overlap_policy: Policy::Skip.into(),
            catchup_window: Some(duration(365 * 24 * HOUR)),
            ..Default::default()
        },
        state: ScheduleState::default(),
        memo: None,
        search_attributes: None,
    }
}
