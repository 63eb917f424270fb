//! A random program: clients that start, signal, update, cancel and end workflows, and a worker that answers its tasks
//! with whatever comes to its mind.

use std::time::Duration;

use temporal_protos::command::command::Attributes;
use temporal_protos::command::*;
use temporal_protos::common::{
    ActivityType, Payload, Payloads, RetryPolicy, WorkflowExecution, WorkflowType,
};
use temporal_protos::enums::{CommandType, EventType};
use temporal_protos::failure::Failure;
use temporal_protos::protocol::Message;
use temporal_protos::schedule::*;
use temporal_protos::taskqueue::{StickyExecutionAttributes, TaskQueue};
use temporal_protos::update::{Acceptance, Input, Meta, Outcome, Rejection, Request, Response};
use temporal_protos::workflow::NewWorkflowExecutionInfo;
use temporal_protos::workflowservice::*;

use super::{Random, World};
use crate::driver::PollingWorker;
use crate::engine::time::to_proto;

const WORKFLOWS: u64 = 6;
const WORKER: PollingWorker<'_> = PollingWorker {
    identity: "worker",
    instance: "",
    rate: None,
    build: None,
};

/// Where a program stands.
pub(super) struct Program {
    pub(super) random: Random,
    /// Tasks that a worker has, but has not answered.
    tasks: Vec<PollWorkflowTaskQueueResponse>,
    activities: Vec<PollActivityTaskQueueResponse>,
    number: u64,
}

impl Program {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            tasks: Vec::new(),
            activities: Vec::new(),
            number: 0,
        }
    }

    /// One request. Refusals are answers like others.
    pub(super) async fn step(&mut self, world: &mut World) {
        match self.random.below(17) {
            16 => self.schedule(world).await,
            0 | 1 => self.start(world).await,
            2 => self.signal(world).await,
            3 => self.signal_with_start(world).await,
            4 => self.update(world),
            5 => self.end_one(world).await,
            6 | 7 => {
                let longest = self.random.duration(40);
                let slept = world.driver.unlock_time_skipping_with_sleep(longest).await;
                assert!(slept.is_ok());
            }
            8..=12 => self.workflow_task(world).await,
            _ => self.activity(world).await,
        }
    }

    fn name(&mut self) -> String {
        format!("w{}", self.random.below(WORKFLOWS))
    }

    fn request_id(&mut self) -> String {
        // Some come twice.
        self.number += self.random.below(4).min(1);
        format!("request-{}", self.number)
    }

    async fn start(&mut self, world: &mut World) {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: self.name(),
            workflow_type: Some(WorkflowType {
                name: "probe".into(),
            }),
            task_queue: queue("q"),
            input: payloads("input"),
            identity: "client".into(),
            request_id: self.request_id(),
            workflow_id_conflict_policy: 1 + (self.random.below(3) as i32),
            workflow_id_reuse_policy: 1,
            retry_policy: (self.random.below(3) == 0).then(|| RetryPolicy {
                maximum_attempts: 3,
                ..RetryPolicy::default()
            }),
            workflow_run_timeout: (self.random.below(3) == 0)
                .then(|| to_proto(self.random.duration(60))),
            workflow_start_delay: (self.random.below(4) == 0)
                .then(|| to_proto(self.random.duration(20))),
            ..Default::default()
        };
        // Refused if it runs already.
        drop(world.client.start_workflow_execution(request).await);
    }

    async fn schedule(&mut self, world: &mut World) {
        let schedule_id = format!("s{}", self.random.below(2));
        match self.random.below(5) {
            0 => {
                let request = DeleteScheduleRequest {
                    namespace: "default".into(),
                    schedule_id,
                    ..Default::default()
                };
                drop(world.client.delete_schedule(request).await);
            }
            1 => {
                let request = PatchScheduleRequest {
                    namespace: "default".into(),
                    schedule_id,
                    patch: Some(SchedulePatch {
                        trigger_immediately: Some(TriggerImmediatelyRequest::default()),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                drop(world.client.patch_schedule(request).await);
            }
            _ => {
                let request = self.new_schedule(schedule_id);
                drop(world.client.create_schedule(request).await);
            }
        }
    }

    fn new_schedule(&mut self, schedule_id: String) -> CreateScheduleRequest {
        let start = NewWorkflowExecutionInfo {
            workflow_id: "scheduled".into(),
            workflow_type: Some(WorkflowType {
                name: "probe".into(),
            }),
            task_queue: queue("q"),
            input: payloads("scheduled"),
            ..Default::default()
        };
        let interval = IntervalSpec {
            interval: Some(to_proto(Duration::from_secs(5 + self.random.below(30)))),
            phase: None,
        };
        CreateScheduleRequest {
            namespace: "default".into(),
            schedule_id,
            request_id: self.request_id(),
            schedule: Some(Schedule {
                spec: Some(ScheduleSpec {
                    interval: vec![interval],
                    ..Default::default()
                }),
                action: Some(ScheduleAction {
                    action: Some(schedule_action::Action::StartWorkflow(start)),
                }),
                policies: Some(SchedulePolicies {
                    overlap_policy: self.random.below(7) as i32,
                    ..Default::default()
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    async fn signal(&mut self, world: &mut World) {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution(&self.name()),
            signal_name: "signal".into(),
            input: payloads("signalled"),
            request_id: self.request_id(),
            ..Default::default()
        };
        drop(world.client.signal_workflow_execution(request).await);
    }

    async fn signal_with_start(&mut self, world: &mut World) {
        let request = SignalWithStartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: self.name(),
            workflow_type: Some(WorkflowType {
                name: "probe".into(),
            }),
            task_queue: queue("q"),
            signal_name: "signal".into(),
            request_id: self.request_id(),
            ..Default::default()
        };
        drop(
            world
                .client
                .signal_with_start_workflow_execution(request)
                .await,
        );
    }

    fn update(&mut self, world: &World) {
        let request = Request {
            meta: Some(Meta {
                update_id: format!("update-{}", self.random.below(12)),
                identity: "client".into(),
            }),
            input: Some(Input {
                name: "update".into(),
                args: payloads("updated"),
                ..Default::default()
            }),
            ..Default::default()
        };
        let execution = execution(&self.name()).unwrap_or_default();
        drop(
            world
                .driver
                .admit_update(&world.namespace, &execution, "", request),
        );
    }

    async fn end_one(&mut self, world: &mut World) {
        if self.random.below(2) == 0 {
            let request = ResetWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution(&self.name()),
                workflow_task_finish_event_id: 3 + (self.random.below(12) as i64),
                request_id: self.request_id(),
                ..Default::default()
            };
            drop(world.client.reset_workflow_execution(request).await);
        } else if self.random.below(2) == 0 {
            let request = RequestCancelWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution(&self.name()),
                request_id: self.request_id(),
                ..Default::default()
            };
            drop(
                world
                    .client
                    .request_cancel_workflow_execution(request)
                    .await,
            );
        } else {
            let request = TerminateWorkflowExecutionRequest {
                namespace: "default".into(),
                workflow_execution: execution(&self.name()),
                ..Default::default()
            };
            drop(world.client.terminate_workflow_execution(request).await);
        }
    }

    async fn workflow_task(&mut self, world: &mut World) {
        let name = if self.random.below(3) == 0 {
            "sticky"
        } else {
            "q"
        };
        let polled = world
            .driver
            .poll_workflow_task(&world.namespace, name, WORKER, Duration::ZERO)
            .await;
        self.tasks
            .extend(polled.map(|polled| polled.task.into_proto()));
        world.note().await;
        // Some tasks are kept, and what comes meanwhile is buffered.
        if self.tasks.is_empty() || self.random.below(3) == 0 {
            return;
        }
        let place = self.random.below(self.tasks.len() as u64) as usize;
        let task = self.tasks.remove(place);
        if self.random.below(12) == 0 {
            let request = RespondWorkflowTaskFailedRequest {
                task_token: task.task_token,
                failure: Some(failure()),
                ..Default::default()
            };
            drop(world.client.respond_workflow_task_failed(request).await);
            return;
        }
        let messages: Vec<Message> = task
            .messages
            .iter()
            .flat_map(|message| self.answer(message))
            .collect();
        let count = self.random.below(4);
        let commands = (0..count).map(|_| self.command(&task)).collect();
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            identity: "worker".into(),
            commands,
            messages,
            sticky_attributes: (self.random.below(2) == 0).then(|| StickyExecutionAttributes {
                worker_task_queue: queue("sticky"),
                schedule_to_start_timeout: Some(to_proto(Duration::from_secs(5))),
            }),
            return_new_workflow_task: false,
            ..Default::default()
        };
        drop(world.client.respond_workflow_task_completed(request).await);
    }

    fn answer(&mut self, message: &Message) -> Vec<Message> {
        let id = &message.protocol_instance_id;
        let reply = |suffix: &str, body: Result<prost_types::Any, prost::EncodeError>| Message {
            id: format!("{id}/{suffix}"),
            protocol_instance_id: id.clone(),
            body: body.ok(),
            ..Default::default()
        };
        if self.random.below(4) == 0 {
            let rejection = Rejection {
                failure: Some(failure()),
                ..Default::default()
            };
            return vec![reply("reject", prost_types::Any::from_msg(&rejection))];
        }
        let acceptance = Acceptance {
            accepted_request_message_id: message.id.clone(),
            ..Default::default()
        };
        let mut answers = vec![reply("accept", prost_types::Any::from_msg(&acceptance))];
        if self.random.below(2) == 0 {
            let response = Response {
                meta: Some(Meta {
                    update_id: id.clone(),
                    ..Default::default()
                }),
                outcome: Some(Outcome::default()),
            };
            answers.push(reply("complete", prost_types::Any::from_msg(&response)));
        }
        answers
    }

    #[expect(clippy::too_many_lines, reason = "one flat match: each command")]
    fn command(&mut self, task: &PollWorkflowTaskQueueResponse) -> Command {
        self.number += 1;
        let id = format!("{}", self.number);
        match self.random.below(13) {
            0..=3 => command(
                CommandType::ScheduleActivityTask,
                ScheduleActivityTaskCommandAttributes {
                    activity_id: id,
                    activity_type: Some(ActivityType {
                        name: "activity".into(),
                    }),
                    task_queue: queue("q"),
                    input: payloads("activity"),
                    schedule_to_close_timeout: Some(to_proto(self.random.duration(90))),
                    start_to_close_timeout: Some(to_proto(self.random.duration(20))),
                    heartbeat_timeout: (self.random.below(2) == 0)
                        .then(|| to_proto(self.random.duration(10))),
                    ..Default::default()
                },
            ),
            4 | 5 => command(
                CommandType::StartTimer,
                StartTimerCommandAttributes {
                    timer_id: id,
                    start_to_fire_timeout: Some(to_proto(self.random.duration(30))),
                },
            ),
            6 => command(
                CommandType::StartChildWorkflowExecution,
                StartChildWorkflowExecutionCommandAttributes {
                    workflow_id: self.name(),
                    workflow_type: Some(WorkflowType {
                        name: "child".into(),
                    }),
                    task_queue: queue("q"),
                    parent_close_policy: 1 + (self.random.below(3) as i32),
                    ..Default::default()
                },
            ),
            7 => command(
                CommandType::SignalExternalWorkflowExecution,
                SignalExternalWorkflowExecutionCommandAttributes {
                    execution: execution(&self.name()),
                    signal_name: "from outside".into(),
                    ..Default::default()
                },
            ),
            8 => command(
                CommandType::RequestCancelExternalWorkflowExecution,
                RequestCancelExternalWorkflowExecutionCommandAttributes {
                    workflow_id: self.name(),
                    ..Default::default()
                },
            ),
            9 => self.cancel(task),
            10 => command(
                CommandType::ModifyWorkflowProperties,
                ModifyWorkflowPropertiesCommandAttributes {
                    upserted_memo: Some(temporal_protos::common::Memo {
                        fields: [(id, payload("noted"))].into(),
                    }),
                },
            ),
            11 => command(
                CommandType::ContinueAsNewWorkflowExecution,
                ContinueAsNewWorkflowExecutionCommandAttributes {
                    input: payloads("again"),
                    ..Default::default()
                },
            ),
            _ if self.random.below(2) == 0 => command(
                CommandType::FailWorkflowExecution,
                FailWorkflowExecutionCommandAttributes {
                    failure: Some(failure()),
                },
            ),
            _ => command(
                CommandType::CompleteWorkflowExecution,
                CompleteWorkflowExecutionCommandAttributes {
                    result: payloads("done"),
                },
            ),
        }
    }

    /// Cancels a timer or an activity that the task shows, or one that there never was.
    fn cancel(&mut self, task: &PollWorkflowTaskQueueResponse) -> Command {
        let events = task.history.iter().flat_map(|history| &history.events);
        let scheduled: Vec<i64> = events
            .filter(|event| event.event_type() == EventType::ActivityTaskScheduled)
            .map(|event| event.event_id)
            .collect();
        let place = self.random.below(scheduled.len() as u64 + 1) as usize;
        match scheduled.get(place) {
            Some(id) => command(
                CommandType::RequestCancelActivityTask,
                RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: *id,
                },
            ),
            None => command(
                CommandType::CancelTimer,
                CancelTimerCommandAttributes {
                    timer_id: format!("{}", self.random.below(self.number + 1)),
                },
            ),
        }
    }

    async fn activity(&mut self, world: &mut World) {
        let polled = world
            .driver
            .poll_activity_task(&world.namespace, "q", WORKER, Duration::ZERO)
            .await;
        self.activities.extend(polled.map(|polled| polled.task));
        world.note().await;
        if self.activities.is_empty() {
            return;
        }
        let place = self.random.below(self.activities.len() as u64) as usize;
        match self.random.below(5) {
            0 => {
                let task_token = self.activities[place].task_token.clone();
                let request = RecordActivityTaskHeartbeatRequest {
                    task_token,
                    details: payloads("so far"),
                    ..Default::default()
                };
                drop(world.client.record_activity_task_heartbeat(request).await);
            }
            1 => {
                let task_token = self.activities.remove(place).task_token;
                let request = RespondActivityTaskFailedRequest {
                    task_token,
                    failure: Some(failure()),
                    ..Default::default()
                };
                drop(world.client.respond_activity_task_failed(request).await);
            }
            2 => {
                let task_token = self.activities.remove(place).task_token;
                let request = RespondActivityTaskCanceledRequest {
                    task_token,
                    ..Default::default()
                };
                drop(world.client.respond_activity_task_canceled(request).await);
            }
            3 => {
                let task_token = self.activities.remove(place).task_token;
                let request = RespondActivityTaskCompletedRequest {
                    task_token,
                    result: payloads("result"),
                    ..Default::default()
                };
                drop(world.client.respond_activity_task_completed(request).await);
            }
            // It is forgotten, and times out.
            _ => drop(self.activities.remove(place)),
        }
    }
}

/// A worker that ends every workflow at once, until none asks for anything.
pub(super) async fn drain(world: &mut World) {
    for number in 0..2 {
        let request = DeleteScheduleRequest {
            namespace: "default".into(),
            schedule_id: format!("s{number}"),
            ..Default::default()
        };
        drop(world.client.delete_schedule(request).await);
    }
    // Some wait for nothing else.
    for workflow_id in world.workflow_ids() {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: execution(&workflow_id),
            signal_name: "the end".into(),
            ..Default::default()
        };
        drop(world.client.signal_workflow_execution(request).await);
    }
    let mut idle = 0;
    while idle < 40 {
        let polled = world
            .driver
            .poll_workflow_task(&world.namespace, "q", WORKER, Duration::ZERO)
            .await;
        match polled {
            Some(task) => {
                idle = 0;
                let task = task.task.into_proto();
                let request = RespondWorkflowTaskCompletedRequest {
                    task_token: task.task_token,
                    commands: vec![command(
                        CommandType::CompleteWorkflowExecution,
                        CompleteWorkflowExecutionCommandAttributes::default(),
                    )],
                    ..Default::default()
                };
                // Refused if something came meanwhile: there is another task then.
                drop(world.client.respond_workflow_task_completed(request).await);
            }
            None => {
                idle += 1;
                if world.driver.skipping.has_work() {
                    // Past the timeout of a task that nobody answers.
                    world.driver.jump(Duration::from_secs(15));
                } else {
                    let hour = Duration::from_secs(3600);
                    let slept = world.driver.unlock_time_skipping_with_sleep(hour).await;
                    assert!(slept.is_ok());
                }
            }
        }
    }
}

fn command(kind: CommandType, attributes: impl Into<Attributes>) -> Command {
    Command {
        command_type: kind.into(),
        attributes: Some(attributes.into()),
        ..Command::default()
    }
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

fn payloads(text: &str) -> Option<Payloads> {
    Some(Payloads {
        payloads: vec![payload(text)],
    })
}

fn failure() -> Failure {
    Failure {
        message: "it failed".into(),
        ..Failure::default()
    }
}
