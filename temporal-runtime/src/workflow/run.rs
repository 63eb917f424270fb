//! One run of a workflow: joins the futures of user code to the machine, task by task.
//!
//! History in, a completion out. The same code replays an old task and runs a new one; the only difference is whether
//! the commands are compared with events or sent.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, SystemTime},
};

use temporal_protos::{
    command::Command as ProtoCommand,
    common::{Header, Payload as RawPayload, Payloads},
    enums::EventType,
    failure::Failure,
    history::HistoryEvent,
    protocol::Message,
    update,
};

use super::{
    Core, State, WorkflowInfo,
    executor::{Definition, Executor, TaskFailure},
    failing::panicked,
    logging::logged,
    role::Role,
};
use crate::{
    activity::InWorkflow,
    convert::{std_duration, text_payload},
    error::Failed,
    machine::{
        Command, CommandContext, Event, HistoryCursor, Machine, Mismatch, Outcome,
        StartedAttributes, TaskEvents, UpdateRequest, message_id,
    },
    panics,
    registry::WorkflowReg,
};

const DEFAULT_TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// What a workflow task brings.
#[derive(Debug, Default)]
pub(crate) struct RunTask {
    /// All events after the last ones this run has seen; of a new run, all events from the first.
    pub(crate) events: Vec<HistoryEvent>,
    /// The started event of the live task; 0 if there is none, as in a query-only task and in a replay.
    pub(crate) started_event_id: i64,
    /// Updates.
    pub(crate) messages: Vec<Message>,
    /// Queries that came with the task: id, name, arguments.
    pub(crate) queries: Vec<(String, String, Vec<RawPayload>)>,
}

/// What a workflow task gives.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    pub(crate) commands: Vec<ProtoCommand>,
    pub(crate) messages: Vec<Message>,
    pub(crate) answers: Vec<QueryAnswer>,
    /// The run has ended: nothing more will come but queries.
    pub(crate) closed: bool,
}

/// The answer to one query.
#[derive(Debug)]
pub(crate) struct QueryAnswer {
    pub(crate) id: String,
    pub(crate) result: Result<RawPayload, Failure>,
}

/// One run in the worker's cache.
pub(crate) struct Run {
    definition: Definition,
    pub(super) executor: Executor,
    pub(super) cursor: HistoryCursor,
    /// Commands of the machine that were sent with earlier tasks.
    sent: usize,
    /// How long the service waits for a task.
    pub(super) task_timeout: Duration,
    /// The current task is a live one.
    live: bool,
    /// Queries that came with it, to be answered when it is completed.
    queries: Vec<(String, String, Vec<RawPayload>)>,
    pub(super) passed_on: Option<Box<Header>>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let info = self.executor.core().info();
        write!(f, "Run({} {})", info.workflow_id, info.run_id)
    }
}

impl Run {
    /// Begins a run: `events` start with the first of its history.
    pub(crate) fn new(
        workflow: &'static WorkflowReg,
        namespace: &str,
        workflow_id: &str,
        run_id: &str,
        events: &[HistoryEvent],
    ) -> Result<Self, TaskFailure> {
        let (event, started) = first_event(events)?;
        let asked = asked_type(started);
        let workflow_type = if workflow.dynamic {
            &asked
        } else {
            workflow.name
        };
        let names = [namespace, workflow_id, run_id, workflow_type];
        let info = Arc::new(WorkflowInfo::new(names, started, event));
        let definition = Definition {
            name: workflow.name,
            source: workflow.source,
            handlers: workflow.handlers(),
        };
        let arguments = arguments(workflow, started);
        let first_task_is_old = events.iter().any(is_completed_task);
        let init = || init(workflow, arguments.clone());
        let (state, init_failed) = match logged(&info, first_task_is_old, &Role::Init, init) {
            Ok(state) => (state, None),
            Err(failed) => (Box::new(()) as State, Some(failed)),
        };
        let start_time = info.start_time;
        let core = Core::new(state, Machine::default(), info, start_time);
        let mut executor = Executor::new(core, definition, arguments);
        executor.fail_on.workflow = workflow.fail_on;
        if let Some(failed) = init_failed {
            executor.set_init_failed(failed);
        }
        Ok(Self {
            definition,
            executor,
            cursor: HistoryCursor::default(),
            sent: 0,
            task_timeout: task_timeout(started),
            live: false,
            queries: Vec::new(),
            passed_on: None,
        })
    }

    /// The types of errors that end every workflow of the worker.
    pub(crate) fn set_failure_types(&mut self, types: Arc<[String]>) {
        self.executor.fail_on.worker = types;
    }

    /// The last event this run has seen, plus one.
    pub(crate) const fn next_event_id(&self) -> i64 {
        self.cursor.next_event_id()
    }

    /// The service threw a speculative task away: its events were never written.
    pub(crate) fn rewind(&mut self, reset_history_event_id: i64) {
        self.cursor.rewind(reset_history_event_id);
    }

    /// Replays what is old, runs what is new, and is done with it.
    pub(crate) fn handle_task(&mut self, task: RunTask) -> Result<Completion, TaskFailure> {
        self.handle_task_watched(task, &|| {})
    }

    /// As [`handle_task`](Self::handle_task); `each` is called before every activation.
    pub(crate) fn handle_task_watched(
        &mut self,
        task: RunTask,
        each: &dyn Fn(),
    ) -> Result<Completion, TaskFailure> {
        self.begin_task(task, each)?;
        Ok(self.complete_task(each))
    }

    /// Replays the tasks that are whole in a page of history which others follow. `each` is called before every
    /// activation.
    pub(crate) fn handle_page(
        &mut self,
        events: Vec<HistoryEvent>,
        each: &dyn Fn(),
    ) -> Result<(), TaskFailure> {
        self.push(events, true)?;
        self.run_tasks(0, &[], each).map(drop)
    }

    /// Replays what is old, runs what is new. The task may have to stay open for local activities.
    pub(crate) fn begin_task(&mut self, task: RunTask, each: &dyn Fn()) -> Result<(), TaskFailure> {
        let live = task.started_event_id;
        self.live = live != 0;
        self.queries = task.queries;
        self.push(task.events, false)?;
        if self.run_tasks(live, &task.messages, each)? != live {
            return Err(TaskFailure::new(&format!(
                "the history of the workflow task ends with event {}, before event {live} with which the task started: the service must send it whole",
                self.cursor.next_event_id() - 1
            )));
        }
        self.trailing_events()
    }

    /// What the task gives, as far as it has come.
    pub(crate) fn complete_task(&mut self, each: &dyn Fn()) -> Completion {
        let mut completion = self.completion(self.live);
        for (id, name, input) in std::mem::take(&mut self.queries) {
            each();
            let result = self.executor.query(&name, input);
            completion.answers.push(QueryAnswer { id, result });
        }
        completion
    }

    /// Answers one query outside of any task.
    pub(crate) fn query(&self, name: &str, input: Vec<RawPayload>) -> Result<RawPayload, Failure> {
        self.executor.query(name, input)
    }

    /// At the end of a replay: whatever the code asked for must be in history.
    pub(crate) fn expect_replayed(&self) -> Result<(), TaskFailure> {
        let last = self.cursor.next_event_id() - 1;
        self.executor
            .core()
            .machine(|m| m.expect_no_commands(last))
            .map_err(|m| self.mismatch(&m))
    }

    /// The command with which the code closed the run.
    pub(crate) fn ended(&self) -> Option<&Command> {
        self.executor.ended()
    }

    fn push(&mut self, events: Vec<HistoryEvent>, more: bool) -> Result<(), TaskFailure> {
        self.cursor.push(events, more).map_err(|gap| {
            TaskFailure::new(&format!(
                "the history is not whole: event {} follows event {}",
                gap.found,
                gap.expected - 1
            ))
        })
    }

    /// Runs the tasks of the cursor; gives the started event of the live one, or 0.
    fn run_tasks(
        &mut self,
        live_started: i64,
        messages: &[Message],
        each: &dyn Fn(),
    ) -> Result<i64, TaskFailure> {
        let mut ran = 0;
        while let Some(next) = self.cursor.next_task(live_started) {
            each();
            let mut updates: Vec<(UpdateRequest, bool)> = next
                .accepted_updates
                .iter()
                .cloned()
                .map(|u| (u, true))
                .collect();
            if !next.replayed {
                ran = next.started_event_id;
                updates.extend(requests(messages).map(|u| (u, false)));
            }
            self.run_events(next, updates, each)?;
        }
        Ok(ran)
    }

    fn run_events(
        &mut self,
        task: TaskEvents,
        updates: Vec<(UpdateRequest, bool)>,
        each: &dyn Fn(),
    ) -> Result<(), TaskFailure> {
        let core = self.executor.core().clone();
        let now = task.time.unwrap_or(SystemTime::UNIX_EPOCH);
        let started = task.started_event_id;
        if let Some(event) = task.events.last() {
            core.note_task(event);
        }
        self.feed(&core, task.events)?;
        core.machine(|m| m.expect_no_commands(started))
            .map_err(|m| self.mismatch(&m))?;
        core.machine(|m| {
            m.recorded_patches(task.patches);
            for (update, replayed) in updates {
                m.deliver_update(update, replayed);
            }
        });
        self.sent = 0;
        core.machine(|m| m.begin_task(task.local_markers));
        self.executor.activate(now, task.replayed)?;
        self.resolve_markers(now, each)
    }

    /// Events that follow the last completed task, when there is no live one: they confirm its commands.
    fn trailing_events(&mut self) -> Result<(), TaskFailure> {
        let core = self.executor.core().clone();
        let events = self.cursor.take_confirmations();
        self.feed(&core, events)
    }

    fn feed(&self, core: &Core, events: Vec<HistoryEvent>) -> Result<(), TaskFailure> {
        for event in events {
            let event = Event::from_proto(event);
            core.machine(|m| m.handle_event(event))
                .map_err(|m| self.mismatch(&m))?;
        }
        Ok(())
    }

    fn mismatch(&self, mismatch: &Mismatch) -> TaskFailure {
        let mut mismatch = mismatch.clone();
        let core = self.executor.core();
        mismatch.place = mismatch
            .op
            .and_then(|op| core.place_of(op))
            .map(ToString::to_string);
        let place = match core.last_op().filter(|_| mismatch.place.is_none()) {
            Some(at) => format!(" (the last operation was started at {at})"),
            None => String::new(),
        };
        let advice = if mismatch.unsupported {
            ""
        } else {
            ". The code differs from the one that made this history: restore it, or start new runs under another workflow type"
        };
        let name = self.definition.name;
        TaskFailure::non_deterministic(
            &format!("workflow `{name}`: {mismatch}{place}{advice}"),
            mismatch,
        )
    }

    fn completion(&mut self, live: bool) -> Completion {
        let core = self.executor.core().clone();
        let task_queue = core.info().task_queue.clone();
        let rejections = self.executor.take_rejections();
        let header = self.passed_on.as_deref();
        let (commands, mut messages, closed) = core.machine(|m| {
            let context = CommandContext {
                machine: m,
                task_queue: &task_queue,
                header,
            };
            let fresh: Vec<&Command> = if live {
                m.commands().skip(self.sent).collect()
            } else {
                Vec::new()
            };
            let commands: Vec<ProtoCommand> = fresh.iter().map(|c| context.to_proto(c)).collect();
            let messages: Vec<Message> = fresh.iter().filter_map(|c| message(c)).collect();
            (commands, messages, m.is_closed())
        });
        if live {
            messages.extend(rejections.into_iter().map(|(r, f)| rejection(&r, f)));
            self.sent = core.machine(|m| m.commands().count());
        }
        Completion {
            commands,
            messages,
            answers: Vec::new(),
            closed,
        }
    }
}

fn first_event(
    events: &[HistoryEvent],
) -> Result<(&HistoryEvent, &StartedAttributes), TaskFailure> {
    use temporal_protos::history::history_event::Attributes;
    match events.first().map(|e| (e, e.attributes.as_ref())) {
        Some((event, Some(Attributes::WorkflowExecutionStartedEventAttributes(started)))) => {
            Ok((event, started))
        }
        _ => Err(TaskFailure::new(
            "a history that does not begin with WorkflowExecutionStarted cannot be replayed",
        )),
    }
}

/// The type that was asked for, which a dynamic workflow is not called.
fn asked_type(started: &StartedAttributes) -> String {
    let asked = started.workflow_type.as_ref();
    asked.map(|t| t.name.clone()).unwrap_or_default()
}

/// The service always tells; its default otherwise.
fn task_timeout(started: &StartedAttributes) -> Duration {
    let told = started.workflow_task_timeout.as_ref().map(std_duration);
    told.filter(|timeout| !timeout.is_zero())
        .unwrap_or(DEFAULT_TASK_TIMEOUT)
}

/// A dynamic workflow is told its name before everything else.
fn arguments(workflow: &WorkflowReg, started: &StartedAttributes) -> Vec<RawPayload> {
    let name = workflow.dynamic.then(|| text_payload(&asked_type(started)));
    let given = started
        .input
        .iter()
        .flat_map(|p| p.payloads.iter().cloned());
    name.into_iter().chain(given).collect()
}

fn is_completed_task(event: &HistoryEvent) -> bool {
    event.event_type() == EventType::WorkflowTaskCompleted
}

/// Builds the state; a panic is an error like those that `#[init]` returns.
fn init(workflow: &WorkflowReg, arguments: Vec<RawPayload>) -> Result<State, Failed> {
    let _in = InWorkflow::enter();
    let built = catch_unwind(AssertUnwindSafe(|| (workflow.vtable.init)(arguments)));
    built.unwrap_or_else(|panic| Err(panicked(panics::message(&*panic))))
}

/// The update requests among the messages of a task.
fn requests(messages: &[Message]) -> impl Iterator<Item = UpdateRequest> + '_ {
    messages.iter().filter_map(|message| {
        let body = message.body.as_ref()?;
        let request = body.to_msg::<update::Request>().ok()?;
        let sequencing = match &message.sequencing_id {
            Some(temporal_protos::protocol::message::SequencingId::EventId(id)) => *id,
            _ => 0,
        };
        let mut request = crate::machine::update_request(request, message.id.clone(), sequencing);
        request.id.clone_from(&message.protocol_instance_id);
        Some(request)
    })
}

/// The message that goes with a command, if one does.
fn message(command: &Command) -> Option<Message> {
    match command {
        Command::AcceptUpdate(request) => Some(envelope(
            request,
            "accept",
            &update::Acceptance {
                accepted_request_message_id: request.message_id.clone(),
                accepted_request_sequencing_event_id: request.sequencing_event_id,
                accepted_request: Some(request.request.clone()),
            },
        )),
        Command::CompleteUpdate { request, outcome } => Some(envelope(
            request,
            "complete",
            &update::Response {
                meta: request.request.meta.clone(),
                outcome: Some(update_outcome(outcome)),
            },
        )),
        _ => None,
    }
}

fn rejection(request: &UpdateRequest, failure: Failure) -> Message {
    envelope(
        request,
        "reject",
        &update::Rejection {
            rejected_request_message_id: request.message_id.clone(),
            rejected_request_sequencing_event_id: request.sequencing_event_id,
            rejected_request: Some(request.request.clone()),
            failure: Some(failure),
        },
    )
}

fn update_outcome(outcome: &Outcome) -> update::Outcome {
    use update::outcome::Value;
    update::Outcome {
        value: Some(match outcome {
            Outcome::Completed(payload) => Value::Success(Payloads {
                payloads: payload.iter().cloned().collect(),
            }),
            Outcome::Failed(failure) => Value::Failure((**failure).clone()),
        }),
    }
}

fn envelope<M: prost::Name>(request: &UpdateRequest, verb: &str, body: &M) -> Message {
    Message {
        id: message_id(&request.id, verb),
        protocol_instance_id: request.id.clone(),
        // encoding into a growing buffer cannot fail
        body: prost_types::Any::from_msg(body).ok(),
        sequencing_id: None,
    }
}
