//! Requests in, events and effects out: one run with a clock that only the test moves.

mod activities;
mod buffering;
mod chains;
mod children;
mod closing;
mod properties;
mod queries;
mod resets;
mod start_and_signal;
mod tasks;
mod time_skipping;
mod updates;

use std::sync::Arc;
use std::time::Duration;

use temporal_protos::command::command::Attributes as CommandAttributes;
use temporal_protos::command::*;
use temporal_protos::common::{ActivityType, Payload, Payloads, SearchAttributes};
use temporal_protos::enums::{CommandType, EventType, WorkflowTaskFailedCause as Cause};
use temporal_protos::taskqueue::{StickyExecutionAttributes, TaskQueue};
use temporal_protos::workflowservice::{
    RespondWorkflowTaskCompletedRequest, StartWorkflowExecutionRequest,
};

use super::Run;
use super::activity_answers::ActivityRef;
use super::completion::{Completed, TaskRef};
use super::signal::Signal;
use super::start_check;
use crate::engine::Context;
use crate::engine::effect::{Effect, Message, RunTimer};
use crate::engine::limits::Limits;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::{Namespace, Surroundings};
use crate::engine::time::{Time, to_proto};

const SECOND: Duration = Duration::from_secs(1);

/// Knows the namespaces `default` and `other`, and search attributes that begin with `Custom`.
struct World;

impl Surroundings for World {
    fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        ["default", "other"]
            .contains(&name)
            .then(|| namespace(name))
    }

    fn check_search_attributes(
        &self,
        _: &Namespace,
        given: &SearchAttributes,
    ) -> Result<SearchAttributes, String> {
        match given
            .indexed_fields
            .keys()
            .find(|name| !name.starts_with("Custom"))
        {
            Some(name) => Err(format!("no such attribute {name}")),
            None => Ok(given.clone()),
        }
    }
}

fn namespace(name: &str) -> Arc<Namespace> {
    Arc::new(Namespace {
        id: format!("id of {name}"),
        name: name.into(),
    })
}

/// A run under test.
struct Bench {
    now: Time,
    limits: Limits,
    ids: u32,
    run: Run,
    effects: Vec<Effect>,
}

impl Bench {
    /// A run of type `probe` on queue `q`, just started.
    fn start() -> Self {
        Self::start_with(|_| {})
    }

    fn start_with(change: impl FnOnce(&mut StartWorkflowExecutionRequest)) -> Self {
        let mut request = start_request();
        change(&mut request);
        let (now, limits) = (Time::from_nanos(1_000_000_000_000), Limits::default());
        let mut effects = Vec::new();
        let run = in_context(now, &limits, &mut 0, &mut effects, |ctx| {
            let mut new = start_check::new_run(ctx, &namespace("default"), request).unwrap();
            new.run_id = "run-1".into();
            let mut run = Run::new(ctx, namespace("default"), "wf", new);
            run.begin_run(ctx);
            run
        });
        Self {
            now,
            limits,
            ids: 100,
            run,
            effects,
        }
    }

    /// Gives the run a request; what it leads to is in `effects`.
    fn ask<T>(&mut self, ask: impl FnOnce(&mut Run, &mut Context<'_>) -> T) -> T {
        self.run.begin();
        let run = &mut self.run;
        self.effects.clear();
        in_context(
            self.now,
            &self.limits,
            &mut self.ids,
            &mut self.effects,
            |ctx| ask(run, ctx),
        )
    }

    /// Lets time pass.
    fn pass(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    /// A timer of the run is due.
    fn fire(&mut self, timer: RunTimer) {
        self.ask(|run, ctx| run.fire(ctx, timer));
    }

    /// A worker takes the pending task from the normal queue.
    fn poll(&mut self) -> TaskRef {
        self.poll_from(false)
    }

    fn poll_from(&mut self, sticky: bool) -> TaskRef {
        let stamp = self.run.task.as_ref().expect("a task is pending").stamp;
        let started =
            self.ask(|run, ctx| run.start_task(ctx, stamp, "worker", "poll".into(), sticky));
        assert!(started, "the task is wanted");
        self.task()
    }

    /// The started task.
    fn task(&self) -> TaskRef {
        let task = self.run.task.as_ref().expect("a task is pending");
        let started = task.started.as_ref().expect("it is started");
        TaskRef {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: started.event_id,
            attempt: task.attempt,
            started: started.at,
        }
    }

    /// Completes the started task.
    fn complete(&mut self, commands: Vec<Command>) -> Result<Completed, Refusal> {
        self.complete_with(commands, |_| {})
    }

    fn complete_with(
        &mut self,
        commands: Vec<Command>,
        change: impl FnOnce(&mut RespondWorkflowTaskCompletedRequest),
    ) -> Result<Completed, Refusal> {
        let task = self.task();
        let mut request = RespondWorkflowTaskCompletedRequest {
            commands,
            identity: "worker".into(),
            ..Default::default()
        };
        change(&mut request);
        self.ask(|run, ctx| run.complete_task(ctx, &task, request))
    }

    /// Takes the pending task and completes it.
    fn step(&mut self, commands: Vec<Command>) {
        self.poll();
        self.complete(commands).expect("the completion is taken");
    }

    /// The worker reports that the started task failed.
    fn fail_task(&mut self) {
        let task = self.task();
        let cause = Cause::WorkflowWorkerUnhandledFailure;
        self.ask(|run, ctx| run.task_failed_by_worker(ctx, &task, cause, None, "worker"))
            .expect("the task is started");
    }

    fn signal(&mut self, name: &str) -> Result<(), Refusal> {
        let signal = Signal {
            name: name.into(),
            ..Signal::default()
        };
        self.ask(|run, ctx| run.signal(ctx, signal))
    }

    /// A worker takes the activity of this id.
    fn poll_activity(&mut self, scheduled_event_id: i64) -> ActivityRef {
        let stamp = self
            .run
            .activities
            .get(&scheduled_event_id)
            .expect("it is pending")
            .stamp;
        let task = self
            .ask(|run, ctx| run.start_activity(ctx, scheduled_event_id, stamp, "worker"))
            .expect("the activity is wanted");
        ActivityRef::Task {
            scheduled_event_id,
            attempt: task.activity.attempt,
            started: task.started,
        }
    }

    /// The names of all events, short.
    fn events(&self) -> Vec<String> {
        self.run
            .history
            .since(1)
            .iter()
            .map(|event| name(event.event_type))
            .collect()
    }

    /// The names of the last events.
    fn last(&self, count: usize) -> Vec<String> {
        let events = self.events();
        events[events.len().saturating_sub(count)..].to_vec()
    }

    /// Messages to other workflows.
    fn sent(&self) -> Vec<&Message> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Send(message) => Some(message),
                _ => None,
            })
            .collect()
    }

    fn timer(&self, timer: RunTimer) -> Option<Time> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::SetTimer(set, at) if *set == timer => Some(*at),
            _ => None,
        })
    }
}

fn in_context<T>(
    now: Time,
    limits: &Limits,
    ids: &mut u32,
    effects: &mut Vec<Effect>,
    ask: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    let mut fresh_id = || {
        *ids += 1;
        format!("00000000-0000-4000-8000-{ids:012}")
    };
    let mut ctx = Context {
        now,
        fresh_id: &mut fresh_id,
        surroundings: &World,
        limits,
        effects: Vec::new(),
    };
    let answer = ask(&mut ctx);
    effects.append(&mut ctx.effects);
    answer
}

fn start_request() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        workflow_id: "wf".into(),
        workflow_type: Some(temporal_protos::common::WorkflowType {
            name: "probe".into(),
        }),
        task_queue: Some(queue("q")),
        request_id: "start-1".into(),
        identity: "client".into(),
        ..Default::default()
    }
}

fn queue(name: &str) -> TaskQueue {
    TaskQueue {
        name: name.into(),
        ..TaskQueue::default()
    }
}

/// `WorkflowTaskScheduled` and the like, without `Workflow` and `Execution`, which say nothing here.
fn name(kind: i32) -> String {
    let kind = EventType::try_from(kind).expect("a known event");
    format!("{kind:?}")
        .replace("Workflow", "")
        .replace("Execution", "")
}

fn command(kind: CommandType, attributes: impl Into<CommandAttributes>) -> Command {
    Command {
        command_type: kind.into(),
        attributes: Some(attributes.into()),
        ..Command::default()
    }
}

fn start_timer(id: &str, after: Duration) -> Command {
    command(
        CommandType::StartTimer,
        StartTimerCommandAttributes {
            timer_id: id.into(),
            start_to_fire_timeout: Some(to_proto(after)),
        },
    )
}

fn cancel_timer(id: &str) -> Command {
    command(
        CommandType::CancelTimer,
        CancelTimerCommandAttributes {
            timer_id: id.into(),
        },
    )
}

fn complete_workflow() -> Command {
    command(
        CommandType::CompleteWorkflowExecution,
        CompleteWorkflowExecutionCommandAttributes {
            result: Some(text("done")),
        },
    )
}

fn schedule_activity(id: &str) -> Command {
    schedule_activity_with(id, |_| {})
}

fn schedule_activity_with(
    id: &str,
    change: impl FnOnce(&mut ScheduleActivityTaskCommandAttributes),
) -> Command {
    let mut attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: id.into(),
        activity_type: Some(ActivityType {
            name: "work".into(),
        }),
        task_queue: Some(queue("q")),
        start_to_close_timeout: Some(to_proto(10 * SECOND)),
        ..Default::default()
    };
    change(&mut attributes);
    command(CommandType::ScheduleActivityTask, attributes)
}

fn cancel_activity(scheduled_event_id: i64) -> Command {
    command(
        CommandType::RequestCancelActivityTask,
        RequestCancelActivityTaskCommandAttributes { scheduled_event_id },
    )
}

fn sticky(name: &str) -> StickyExecutionAttributes {
    StickyExecutionAttributes {
        worker_task_queue: Some(queue(name)),
        schedule_to_start_timeout: Some(to_proto(5 * SECOND)),
    }
}

fn text(text: &str) -> Payloads {
    Payloads {
        payloads: vec![Payload {
            data: format!("\"{text}\"").into_bytes().into(),
            ..Payload::default()
        }],
    }
}

fn application_failure() -> temporal_protos::failure::Failure {
    use temporal_protos::failure::failure::FailureInfo;
    temporal_protos::failure::Failure {
        message: "boom".into(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(Default::default())),
        ..Default::default()
    }
}
