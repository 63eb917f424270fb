//! A random program: clients that start, signal, update, cancel and end workflows, and workers that answer their tasks
//! with whatever comes to their mind. A faulty one also loses answers, workers and the service.

mod activities;
mod clients;
mod commands;
mod drain;
mod ledger;
mod network;
mod schedules;
mod workers;

use std::time::Duration;

use temporal_protos::command::Command;
use temporal_protos::command::command::Attributes;
use temporal_protos::common::{Payload, Payloads, WorkflowExecution, WorkflowType};
use temporal_protos::enums::CommandType;
use temporal_protos::failure::Failure;
use temporal_protos::failure::failure::FailureInfo;
use temporal_protos::taskqueue::TaskQueue;

use super::World;
use crate::engine::fuzz::Random;
pub(super) use drain::drain;
pub(super) use ledger::{Ledger, What};
pub(super) use network::Seen;
use network::{Faults, Waiting};
use workers::Worker;

const WORKFLOWS: u64 = 6;

/// What a program does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Start,
    Signal,
    SignalWithStart,
    Update,
    Query,
    Cancel,
    Terminate,
    Reset,
    Delete,
    Sleep,
    Jump,
    WorkflowTask,
    Activity,
    Schedule,
    Vanish,
    End,
}

/// Deeds, how often they are done, and whether a program without faults does them.
const DEEDS: [(Deed, u64, bool); 16] = [
    (Deed::Start, 4, true),
    (Deed::Signal, 2, true),
    (Deed::SignalWithStart, 2, true),
    (Deed::Update, 2, true),
    (Deed::Query, 1, false),
    (Deed::Cancel, 1, true),
    (Deed::Terminate, 1, true),
    (Deed::Reset, 1, true),
    (Deed::Delete, 1, false),
    (Deed::Sleep, 4, true),
    (Deed::Jump, 1, false),
    (Deed::WorkflowTask, 10, true),
    (Deed::Activity, 6, true),
    (Deed::Schedule, 2, true),
    (Deed::Vanish, 1, false),
    (Deed::End, 1, false),
];

/// Where a program stands.
pub(crate) struct Program {
    pub(super) random: Random,
    /// What callers were told.
    pub(super) ledger: Ledger,
    deeds: Vec<(Deed, u64)>,
    faults: Option<Faults>,
    workers: Vec<Worker>,
    /// Calls that wait for what a worker does.
    waiting: Vec<Waiting>,
    number: u64,
}

impl Program {
    /// A program whose callers hear every answer.
    pub(crate) fn new(seed: u64) -> Self {
        let deeds = DEEDS.iter().filter(|(.., always)| *always);
        Self {
            random: Random::new(seed),
            ledger: Ledger::default(),
            deeds: deeds.map(|(deed, often, _)| (*deed, *often)).collect(),
            faults: None,
            workers: vec![Worker::new(0)],
            waiting: Vec::new(),
            number: 0,
        }
    }

    /// A program with faults. Each does without some deeds, so that what the others lead to goes farther.
    pub(super) fn faulty(seed: u64) -> Self {
        let mut program = Self::new(seed);
        let random = &mut program.random;
        program.faults = Some(Faults::random(random));
        let mut deeds = Vec::new();
        for (deed, often, _) in DEEDS {
            let is_needed = matches!(deed, Deed::Start | Deed::WorkflowTask | Deed::Sleep);
            if is_needed || !random.once_in(4) {
                deeds.push((deed, often * (1 + random.below(3))));
            }
        }
        program.deeds = deeds;
        program.workers = (0..3).map(Worker::new).collect();
        program
    }

    /// One deed. Refusals are answers like others.
    pub(crate) async fn step(&mut self, world: &mut World) {
        match self.next_deed() {
            Deed::Start => self.start(world).await,
            Deed::Signal => self.signal(world).await,
            Deed::SignalWithStart => self.signal_with_start(world).await,
            Deed::Update => self.update(world),
            Deed::Query => self.query(world),
            Deed::Cancel => self.cancel(world).await,
            Deed::Terminate => self.terminate(world).await,
            Deed::Reset => self.reset(world).await,
            Deed::Delete => self.delete(world).await,
            Deed::Sleep => {
                let longest = self.random.duration(40);
                let slept = world.driver.unlock_time_skipping_with_sleep(longest).await;
                assert!(slept.is_ok());
            }
            Deed::Jump => {
                let ahead = self.random.duration(600);
                world.driver.jump(ahead);
            }
            Deed::WorkflowTask => self.workflow_task(world).await,
            Deed::Activity => self.activity(world).await,
            Deed::Schedule => self.schedule(world).await,
            Deed::Vanish => {
                let worker = self.random.below(self.workers.len());
                let tasks = self.workers[worker].forget();
                self.count_vanished(tasks);
            }
            Deed::End => self.end_service(world).await,
        }
        self.hear(world).await;
    }

    /// Tokens of tasks that workers have.
    pub(crate) fn tokens(&self) -> Vec<bytes::Bytes> {
        self.workers.iter().flat_map(Worker::tokens).collect()
    }

    fn next_deed(&mut self) -> Deed {
        let all = self.deeds.iter().map(|(_, often)| often).sum();
        let mut place: u64 = self.random.below(all);
        for (deed, often) in &self.deeds {
            match place.checked_sub(*often) {
                Some(rest) => place = rest,
                None => return *deed,
            }
        }
        unreachable!("the place is below the sum")
    }

    fn name(&mut self) -> String {
        format!("w{}", self.random.below(WORKFLOWS))
    }

    fn request_id(&mut self) -> String {
        // Some come twice.
        self.number += self.random.below(4).min(1);
        format!("request-{}", self.number)
    }

    /// Something that there is only once.
    fn unique(&mut self, what: &str) -> String {
        self.number += 1;
        format!("{what} {}", self.number)
    }
}

fn command(kind: CommandType, attributes: impl Into<Attributes>) -> Command {
    Command {
        command_type: kind.into(),
        attributes: Some(attributes.into()),
        ..Command::default()
    }
}

fn workflow_type(name: &str) -> Option<WorkflowType> {
    Some(WorkflowType { name: name.into() })
}

fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue {
        name: name.into(),
        ..TaskQueue::default()
    })
}

fn execution(id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: id.into(),
        ..WorkflowExecution::default()
    })
}

fn payload(text: &str) -> Payload {
    Payload {
        data: format!("\"{text}\"").into(),
        ..Payload::default()
    }
}

pub(super) fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![payload(text)],
    })
}

fn failure() -> Failure {
    Failure {
        message: "it failed".into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(Default::default())),
        ..Failure::default()
    }
}

fn seconds(seconds: u64) -> prost_types::Duration {
    crate::engine::time::to_proto(Duration::from_secs(seconds))
}
