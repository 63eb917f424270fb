//! A service of twenty lines: it turns commands into events, and checks after each task that a fresh run replays the
//! whole history to the same commands.

mod local;

use std::{sync::Arc, time::Duration};

use temporal_protos::{
    command::command::Attributes as Do,
    common::{ActivityType, Payload as RawPayload, Payloads, WorkflowType},
    failure::Failure,
    history::{history_event::Attributes, *},
    protocol::Message,
    taskqueue::TaskQueue,
    update::{Acceptance, Input, Meta, Rejection, Request, Response, outcome::Value},
};

use crate::{
    convert::Payload,
    registry::WorkflowReg,
    workflow::{Run, RunTask},
};

pub(super) struct Driver {
    workflow: &'static WorkflowReg,
    run: Run,
    failure_types: Arc<[String]>,
    history: Vec<HistoryEvent>,
    /// The scheduled and started events of the task that is open.
    open: (i64, i64),
    /// Events that arrived since the last task.
    arrived: usize,
    /// Updates that come with the next task.
    updates: Vec<Message>,
    /// What the last task said of updates.
    answers: Vec<Message>,
    /// What the commands of all tasks were, in words.
    pub(super) log: Vec<String>,
    pub(super) closed: Option<String>,
    /// What the run failed with.
    pub(super) failure: Option<crate::Failure>,
}

impl Driver {
    /// Starts a run of a registered type, and runs its first task.
    pub(super) fn start(workflow_type: &str, arguments: Vec<RawPayload>) -> Self {
        let mut driver = Self::start_without_task(workflow_type, arguments);
        driver.task();
        driver
    }

    pub(super) fn start_without_task(workflow_type: &str, arguments: Vec<RawPayload>) -> Self {
        Self::start_with(workflow_type, arguments, |_| {})
    }

    /// Starts a run with more in its first event.
    pub(super) fn start_with(
        workflow_type: &str,
        arguments: Vec<RawPayload>,
        more: impl FnOnce(&mut WorkflowExecutionStartedEventAttributes),
    ) -> Self {
        crate::panics::install_hook();
        let workflow = inventory::iter::<WorkflowReg>
            .into_iter()
            .find(|w| w.name == workflow_type)
            .expect("it is registered");
        let mut started = WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType {
                name: workflow_type.to_owned(),
            }),
            task_queue: Some(TaskQueue {
                name: "q".to_owned(),
                ..TaskQueue::default()
            }),
            input: Some(Payloads {
                payloads: arguments,
            }),
            attempt: 1,
            ..WorkflowExecutionStartedEventAttributes::default()
        };
        more(&mut started);
        let history = vec![event(1, started)];
        let run = Run::new(workflow, "default", "w", "r", &history).expect("it begins");
        Self {
            workflow,
            run,
            failure_types: Arc::default(),
            history,
            open: (0, 0),
            arrived: 0,
            updates: Vec::new(),
            answers: Vec::new(),
            log: Vec::new(),
            closed: None,
            failure: None,
        }
    }

    pub(super) fn add(&mut self, attributes: impl Into<Attributes>) -> i64 {
        let id = i64::try_from(self.history.len()).expect("few events") + 1;
        self.history.push(event(id, attributes));
        id
    }

    pub(super) fn signal(&mut self, name: &str, argument: impl Payload) {
        self.add(WorkflowExecutionSignaledEventAttributes {
            signal_name: name.to_owned(),
            input: Some(Payloads {
                payloads: vec![argument.encode().expect("it has an encoding")],
            }),
            ..Default::default()
        });
    }

    /// An update that comes with the next task.
    pub(super) fn update(&mut self, id: &str, name: &str, argument: impl Payload) {
        let request = Request {
            meta: Some(Meta {
                update_id: id.to_owned(),
                ..Meta::default()
            }),
            input: Some(Input {
                name: name.to_owned(),
                args: Some(Payloads {
                    payloads: vec![argument.encode().expect("it has an encoding")],
                }),
                ..Input::default()
            }),
            ..Request::default()
        };
        self.updates.push(Message {
            id: format!("{id}/request"),
            protocol_instance_id: id.to_owned(),
            body: Some(prost_types::Any::from_msg(&request).expect("it can be encoded")),
            ..Message::default()
        });
    }

    /// Types of errors that the worker lists.
    pub(super) fn fail_on(&mut self, types: &[&str]) {
        let types = types.iter().map(|t| (*t).to_owned()).collect();
        self.failure_types = types;
        self.run.set_failure_types(self.failure_types.clone());
    }

    /// The failures of the updates that the last task rejected.
    pub(super) fn rejections(&self) -> Vec<String> {
        let bodies = self.answers.iter().filter_map(|m| m.body.as_ref());
        bodies
            .filter_map(|body| body.to_msg::<Rejection>().ok())
            .map(|rejection| rejection.failure.unwrap_or_default().message)
            .collect()
    }

    pub(super) fn request_cancel(&mut self) {
        self.add(WorkflowExecutionCancelRequestedEventAttributes::default());
    }

    /// Fires the timer with this id.
    pub(super) fn fire(&mut self, timer_id: &str) {
        let started = self.began(
            |a| matches!(a, Attributes::TimerStartedEventAttributes(t) if t.timer_id == timer_id),
        );
        self.add(TimerFiredEventAttributes {
            timer_id: timer_id.to_owned(),
            started_event_id: started,
        });
    }

    /// Completes the activity with this id.
    pub(super) fn complete(&mut self, activity_id: &str, result: impl Payload) {
        let scheduled = self.scheduled(activity_id);
        self.add(ActivityTaskCompletedEventAttributes {
            scheduled_event_id: scheduled,
            result: Some(Payloads {
                payloads: vec![result.encode().expect("it has an encoding")],
            }),
            ..Default::default()
        });
    }

    /// Fails the activity with this id.
    pub(super) fn fail(&mut self, activity_id: &str, message: &str) {
        let scheduled = self.scheduled(activity_id);
        self.add(ActivityTaskFailedEventAttributes {
            scheduled_event_id: scheduled,
            failure: Some(crate::failure::task_failure(message, None)),
            ..Default::default()
        });
    }

    /// The activity with this id acknowledges its cancellation.
    pub(super) fn acknowledge_cancel(&mut self, activity_id: &str) {
        let scheduled = self.scheduled(activity_id);
        self.add(ActivityTaskCanceledEventAttributes {
            scheduled_event_id: scheduled,
            ..Default::default()
        });
    }

    fn scheduled(&self, activity_id: &str) -> i64 {
        self.began(|a| matches!(a, Attributes::ActivityTaskScheduledEventAttributes(s) if s.activity_id == activity_id))
    }

    fn began(&self, is: impl Fn(&Attributes) -> bool) -> i64 {
        let found = self
            .history
            .iter()
            .rev()
            .find(|e| e.attributes.as_ref().is_some_and(&is));
        found.expect("it is in history").event_id
    }

    /// Runs one workflow task on what arrived; gives its commands in words.
    pub(super) fn task(&mut self) -> Vec<String> {
        self.task_with(|_| {})
    }

    /// As [`task`](Self::task), with more in its started event.
    pub(super) fn task_with(
        &mut self,
        more: impl FnOnce(&mut WorkflowTaskStartedEventAttributes),
    ) -> Vec<String> {
        let scheduled = self.add(WorkflowTaskScheduledEventAttributes::default());
        let mut task = WorkflowTaskStartedEventAttributes {
            scheduled_event_id: scheduled,
            ..Default::default()
        };
        more(&mut task);
        let started = self.add(task);
        let events = self.history[self.arrived..].to_vec();
        let completion = self
            .run
            .handle_task(RunTask {
                events,
                started_event_id: started,
                messages: std::mem::take(&mut self.updates),
                ..RunTask::default()
            })
            .unwrap_or_else(|f| panic!("the task failed: {}", f.failure.message));
        self.arrived = self.history.len();
        self.add(WorkflowTaskCompletedEventAttributes {
            scheduled_event_id: scheduled,
            started_event_id: started,
            ..Default::default()
        });
        self.answers = completion.messages;
        let words: Vec<String> = completion
            .commands
            .into_iter()
            .map(|c| self.perform(c.attributes.expect("every command has attributes")))
            .collect();
        self.log.extend(words.iter().cloned());
        self.check_replay();
        words
    }

    /// What a task that fails says.
    pub(super) fn failing_task(&mut self) -> String {
        let scheduled = self.add(WorkflowTaskScheduledEventAttributes::default());
        let started = self.add(WorkflowTaskStartedEventAttributes {
            scheduled_event_id: scheduled,
            ..Default::default()
        });
        let events = self.history[self.arrived..].to_vec();
        let failed = self.run.handle_task(RunTask {
            events,
            started_event_id: started,
            messages: std::mem::take(&mut self.updates),
            ..RunTask::default()
        });
        failed.expect_err("the task fails").failure.message
    }

    pub(super) fn query<T: Payload>(&self, name: &str) -> T {
        let answer = self.run.query(name, vec![]);
        T::decode(answer.expect("the query is answered")).expect("of this type")
    }

    /// What a query that fails says.
    pub(super) fn refused_query(&self, name: &str) -> String {
        let refused = self.run.query(name, vec![]);
        refused.expect_err("the query fails").message
    }

    /// Replays what is in history so far with another workflow.
    pub(super) fn replay_as(&self, workflow_type: &str) -> Result<(), String> {
        let mut workflows = inventory::iter::<WorkflowReg>.into_iter();
        let workflow = workflows.find(|w| w.name == workflow_type);
        let workflow = workflow.expect("it is registered");
        let replayed = || {
            let mut fresh = Run::new(workflow, "default", "w", "r", &self.history)?;
            fresh.handle_task(RunTask {
                events: self.history.clone(),
                ..RunTask::default()
            })?;
            fresh.expect_replayed()
        };
        replayed().map_err(|f| f.failure.message)
    }

    pub(super) fn perform(&mut self, command: Do) -> String {
        match command {
            Do::RecordMarkerCommandAttributes(m) => self.record(*m),
            Do::StartTimerCommandAttributes(t) => {
                let delay = t
                    .start_to_fire_timeout
                    .as_ref()
                    .map(crate::convert::std_duration);
                self.add(TimerStartedEventAttributes {
                    timer_id: t.timer_id.clone(),
                    ..Default::default()
                });
                format!(
                    "start timer {} {:?}",
                    t.timer_id,
                    delay.unwrap_or(Duration::ZERO)
                )
            }
            Do::CancelTimerCommandAttributes(t) => {
                let id = t.timer_id.clone();
                let started = self.began(
                    |a| matches!(a, Attributes::TimerStartedEventAttributes(s) if s.timer_id == id),
                );
                self.add(TimerCanceledEventAttributes {
                    timer_id: t.timer_id.clone(),
                    started_event_id: started,
                    ..Default::default()
                });
                format!("cancel timer {}", t.timer_id)
            }
            Do::ScheduleActivityTaskCommandAttributes(a) => {
                let name = a.activity_type.clone().unwrap_or_default().name;
                self.add(ActivityTaskScheduledEventAttributes {
                    activity_id: a.activity_id.clone(),
                    activity_type: Some(ActivityType { name: name.clone() }),
                    ..Default::default()
                });
                format!("schedule {name} {}", a.activity_id)
            }
            Do::RequestCancelActivityTaskCommandAttributes(c) => {
                self.add(ActivityTaskCancelRequestedEventAttributes {
                    scheduled_event_id: c.scheduled_event_id,
                    ..Default::default()
                });
                "cancel activity".to_owned()
            }
            Do::ProtocolMessageCommandAttributes(m) => self.answer(&m.message_id),
            other => self
                .perform_chain(&other)
                .unwrap_or_else(|| self.close(&other)),
        }
    }

    fn answer(&mut self, message_id: &str) -> String {
        let message = self.answers.iter().find(|m| m.id == message_id);
        let message = message.expect("the command points to a message").clone();
        let (id, body) = (
            message.protocol_instance_id,
            message.body.unwrap_or_default(),
        );
        if let Ok(accepted) = body.to_msg::<Acceptance>() {
            self.add(WorkflowExecutionUpdateAcceptedEventAttributes {
                protocol_instance_id: id.clone(),
                accepted_request_message_id: accepted.accepted_request_message_id,
                accepted_request: accepted.accepted_request,
                ..Default::default()
            });
            return format!("accept {id}");
        }
        let done = body.to_msg::<Response>().expect("it is a response");
        self.add(WorkflowExecutionUpdateCompletedEventAttributes {
            meta: done.meta,
            ..Default::default()
        });
        match done.outcome.and_then(|o| o.value) {
            Some(Value::Success(result)) => format!("update {id} gives {}", text(&result)),
            Some(Value::Failure(failure)) => format!("update {id} fails: {}", shown(&failure)),
            None => panic!("an update without an outcome"),
        }
    }

    fn close(&mut self, command: &Do) -> String {
        let words = match command {
            Do::CompleteWorkflowExecutionCommandAttributes(c) => {
                self.add(WorkflowExecutionCompletedEventAttributes::default());
                format!("complete {}", text(&c.result.clone().unwrap_or_default()))
            }
            Do::FailWorkflowExecutionCommandAttributes(f) => {
                self.add(WorkflowExecutionFailedEventAttributes::default());
                self.failure = f.failure.clone().map(crate::Failure::from_proto);
                format!("fail {}", f.failure.clone().unwrap_or_default().message)
            }
            Do::CancelWorkflowExecutionCommandAttributes(_) => {
                self.add(WorkflowExecutionCanceledEventAttributes::default());
                "cancel the workflow".to_owned()
            }
            other => panic!("a command the driver does not know: {other:?}"),
        };
        self.closed = Some(words.clone());
        words
    }

    /// A fresh run on the whole history issues the same commands, or this panics.
    fn check_replay(&self) {
        let mut fresh =
            Run::new(self.workflow, "default", "w", "r", &self.history).expect("it begins");
        fresh.set_failure_types(self.failure_types.clone());
        let replayed = fresh.handle_task(RunTask {
            events: self.history.clone(),
            ..RunTask::default()
        });
        replayed.unwrap_or_else(|f| panic!("it does not replay: {}", f.failure.message));
        fresh
            .expect_replayed()
            .unwrap_or_else(|f| panic!("it does not replay: {}", f.failure.message));
    }
}

fn text(result: &Payloads) -> String {
    String::from_utf8_lossy(&result.payloads[0].data).into_owned()
}

fn shown(failure: &Failure) -> String {
    let info = crate::failure::Failure::from_proto(failure.clone());
    format!("{} {}", info.error_type().unwrap_or("-"), failure.message)
}

fn event(id: i64, attributes: impl Into<Attributes>) -> HistoryEvent {
    let attributes = attributes.into();
    HistoryEvent {
        event_id: id,
        event_type: attributes.event_type().into(),
        event_time: Some(prost_types::Timestamp {
            seconds: 1_000 + id,
            nanos: 0,
        }),
        attributes: Some(attributes),
        ..HistoryEvent::default()
    }
}
