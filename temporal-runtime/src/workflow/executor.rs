//! Runs the tasks of one run: its run function, its async handlers, what it spawned. One activation is one call.
//!
//! Tasks are polled in the order in which they became ready, so workflow code runs in the same order on every replay.
//! A task that comes back pending without having handed the state back waits for something that is not ours: it fails
//! the workflow task at once.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
    time::SystemTime,
};

use temporal_protos::{
    common::Payload as RawPayload, enums::WorkflowTaskFailedCause, failure::Failure,
};

use super::{
    Core, Handlers, Output, continue_as_new,
    definition::BoxFuture,
    failing::{FailOn, panicked},
    role::Role,
    scope::ScopeId,
    tasks::{ReadyQueue, Spawned, TaskId, TaskWaker},
};
use crate::{
    activity::InWorkflow,
    error::{Failed, Returned, is_cancelled},
    failure::task_failure,
    machine::{Command, Job, Mismatch, UpdateRequest},
    panics,
    registry::Source,
};

/// How often a task may wake itself in one poll before we call it a wait for something that is not ours.
const MAX_YIELDS: u32 = 10_000;

/// A workflow task that could not be processed: the service will hand it out again.
#[derive(Debug, Clone)]
pub(crate) struct TaskFailure {
    pub(crate) cause: WorkflowTaskFailedCause,
    pub(crate) failure: Box<Failure>,
    /// What history has against the code, if that is why.
    pub(crate) mismatch: Option<Box<Mismatch>>,
}

impl TaskFailure {
    pub(crate) fn new(message: &str) -> Self {
        Self::caused_by(message, None)
    }

    pub(super) fn caused_by(message: &str, cause: Option<Failure>) -> Self {
        Self {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: Box::new(task_failure(message, cause)),
            mismatch: None,
        }
    }

    pub(crate) fn non_deterministic(message: &str, mismatch: Mismatch) -> Self {
        Self {
            cause: WorkflowTaskFailedCause::NonDeterministicError,
            mismatch: Some(Box::new(mismatch)),
            ..Self::new(message)
        }
    }
}

struct Task {
    role: Role,
    future: BoxFuture<Output>,
    waker: Arc<TaskWaker>,
}

/// What the executor is told of its workflow type.
#[derive(Clone, Copy)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) handlers: Handlers,
}

pub(super) struct Executor {
    pub(super) core: Arc<Core>,
    pub(super) definition: Definition,
    arguments: Option<Vec<RawPayload>>,
    /// Boxed, because a map has room for many in each of its nodes, and most runs have one.
    tasks: BTreeMap<TaskId, Box<Task>>,
    ready: Arc<ReadyQueue>,
    next_task: TaskId,
    cancel_requested: bool,
    /// How the run ends, once it does.
    outcome: Option<Box<Command>>,
    /// How it ended, for who replays it.
    ended: Option<Box<Command>>,
    /// Messages that reject updates: they are no commands.
    pub(super) rejections: Vec<(UpdateRequest, Failure)>,
    pub(super) fail_on: FailOn,
    /// Why there is no state.
    init_failed: Option<Failed>,
}

impl Executor {
    pub(super) fn new(core: Arc<Core>, definition: Definition, arguments: Vec<RawPayload>) -> Self {
        Self {
            core,
            definition,
            arguments: Some(arguments),
            tasks: BTreeMap::new(),
            ready: Arc::default(),
            next_task: 0,
            cancel_requested: false,
            outcome: None,
            ended: None,
            rejections: Vec::new(),
            fail_on: FailOn::default(),
            init_failed: None,
        }
    }

    /// The `#[init]` function failed: the first task will say so.
    pub(super) fn set_init_failed(&mut self, failed: Failed) {
        drop(self.core.take_state());
        self.init_failed = Some(failed);
    }

    pub(super) fn role(&self, task: TaskId) -> Option<&Role> {
        self.tasks.get(&task).map(|task| &task.role)
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = &Role> {
        self.tasks.values().map(|task| &task.role)
    }

    pub(super) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The command that closed the run.
    pub(super) fn ended(&self) -> Option<&Command> {
        self.ended.as_deref()
    }

    pub(super) fn take_init_failed(&mut self) -> Option<Failed> {
        self.init_failed.take()
    }

    pub(super) fn take_rejections(&mut self) -> Vec<(UpdateRequest, Failure)> {
        std::mem::take(&mut self.rejections)
    }

    /// One activation: messages first, then everything else, as in the other SDKs; conditions after each.
    pub(super) fn activate(&mut self, now: SystemTime, replaying: bool) -> Result<(), TaskFailure> {
        let _in = InWorkflow::enter();
        self.core.begin_activation(now, replaying);
        match self.take_init_failed() {
            Some(failed) => self.never_began(failed)?,
            None => self.run_jobs()?,
        }
        if let Some(close) = self.outcome.take() {
            self.warn_of_unfinished();
            self.ended = Some(close.clone());
            self.core.machine(|m| m.close(*close));
        }
        Ok(())
    }

    fn run_jobs(&mut self) -> Result<(), TaskFailure> {
        let mut jobs = Vec::new();
        while let Some(job) = self.core.machine(|m| m.poll_job()) {
            jobs.push(job);
        }
        let (messages, rest): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(Job::is_message);
        for phase in [messages, rest] {
            if phase.is_empty() {
                continue;
            }
            for job in phase {
                self.apply(job)?;
            }
            self.run_until_idle()?;
        }
        Ok(())
    }

    fn apply(&mut self, job: Job) -> Result<(), TaskFailure> {
        match job {
            Job::Start(_) => self.start_main(),
            Job::Signal {
                name,
                input,
                event_id,
            } => self.signal(name, event_id, input),
            Job::Update { request, replayed } => self.update(request, replayed),
            Job::Cancel { reason } => {
                if !self.cancel_requested {
                    self.cancel_requested = true;
                    let why = if reason.is_empty() {
                        "the workflow was asked to cancel".to_owned()
                    } else {
                        format!("the workflow was asked to cancel: {reason}")
                    };
                    self.core.cancel_scope(ScopeId::RUN, &why);
                }
                Ok(())
            }
            Job::Resolve(op, outcome) => {
                self.core.resolve(op, outcome);
                Ok(())
            }
            Job::BackOff(op, delay) => {
                self.core.machine(|m| m.back_off(op, delay));
                Ok(())
            }
            Job::RetryLocalActivity(op) => {
                self.retry_local_activity(op);
                Ok(())
            }
            Job::ChildStarted(op, run_id) => {
                self.core.child_started(op, &run_id);
                Ok(())
            }
            Job::CancelChildAgain(op) => {
                self.core.machine(|m| m.cancel_child_again(op));
                Ok(())
            }
            Job::NewSeed(run_id) => {
                self.core.reseed(&run_id);
                Ok(())
            }
        }
    }

    pub(super) fn futures(&self) -> impl Iterator<Item = &BoxFuture<Output>> {
        self.tasks.values().map(|task| &task.future)
    }

    pub(super) fn take_futures(&mut self) -> impl Iterator<Item = BoxFuture<Output>> + use<> {
        std::mem::take(&mut self.tasks)
            .into_values()
            .map(|task| task.future)
    }

    fn start_main(&mut self) -> Result<(), TaskFailure> {
        let Some(arguments) = self.arguments.take() else {
            return Ok(());
        };
        let core = self.core.clone();
        let run = self.definition.handlers.vtable.run;
        match self.caught(&Role::Main, move || run(core, arguments))? {
            Ok(Ok(future)) => {
                self.spawn(Role::Main, future);
                Ok(())
            }
            Ok(Err(failed)) | Err(failed) => self.main_ended(&Role::Main, Err(failed)),
        }
    }

    // ---- tasks --------------------------------------------------------------------------------------------------

    pub(super) fn spawn(&mut self, role: Role, future: BoxFuture<Output>) {
        let id = self.add(role, future);
        self.ready.push(id);
    }

    /// A handler runs to its first wait before the next message is looked at, as in the other SDKs: what it asks for
    /// stands before the acceptance of the next update.
    pub(super) fn begin(
        &mut self,
        role: Role,
        future: BoxFuture<Output>,
    ) -> Result<(), TaskFailure> {
        self.core.open_handlers().began();
        let id = self.add(role, future);
        self.poll_task(id)
    }

    fn add(&mut self, role: Role, future: BoxFuture<Output>) -> TaskId {
        let id = self.next_task;
        self.next_task += 1;
        let waker = TaskWaker::new(id, self.ready.clone());
        self.tasks.insert(
            id,
            Box::new(Task {
                role,
                future,
                waker,
            }),
        );
        id
    }

    fn adopt_spawned(&mut self) {
        for Spawned { role, future } in self.core.take_spawned() {
            self.spawn(role, future);
        }
    }

    fn run_until_idle(&mut self) -> Result<(), TaskFailure> {
        loop {
            self.adopt_spawned();
            while let Some(id) = self.ready.pop() {
                self.poll_task(id)?;
                self.adopt_spawned();
            }
            let (core, mut held) = (self.core.clone(), false);
            self.logged(&Role::Main, || {
                self.guarded("a condition", || held = core.check_conditions())
            })?;
            if !held && self.ready.is_empty() {
                return Ok(());
            }
        }
    }

    fn poll_task(&mut self, id: TaskId) -> Result<(), TaskFailure> {
        let Some(mut task) = self.tasks.remove(&id) else {
            return Ok(());
        };
        if task.waker.was_woken_from_outside() {
            return Err(self.foreign_wait(None));
        }
        task.waker.clear();
        let waker = task.waker.clone().into();
        let mut cx = Context::from_waker(&waker);
        self.core.set_current_task(id);
        let mut yields = 0;
        let polled = loop {
            let polled = self.caught(&task.role, || task.future.as_mut().poll(&mut cx))?;
            // combinators that give way to others wake the task themselves; nobody else can run without the state
            let gave_way = matches!(polled, Ok(Poll::Pending)) && task.waker.is_queued();
            yields += 1;
            if !gave_way || self.core.has_state() || yields > MAX_YIELDS {
                break polled;
            }
            task.waker.clear();
        };
        let result = match polled {
            Ok(_) if !self.core.has_state() => return Err(self.foreign_wait(None)),
            Ok(Poll::Ready(result)) => result,
            Ok(Poll::Pending) => {
                self.tasks.insert(id, task);
                return Ok(());
            }
            Err(panicked) => Err(panicked),
        };
        // its locals are dropped here, inside the activation: what they cancel is a command like any other
        let Task { role, future, .. } = *task;
        if let Err(panicked) = self.caught(&role, || drop(future))? {
            return Err(self.not_ours(&role, panicked));
        }
        self.task_ended(role, result)
    }

    fn task_ended(&mut self, role: Role, result: Output) -> Result<(), TaskFailure> {
        match role {
            Role::Signal { .. } => {
                self.core.open_handlers().ended();
                self.signal_ended(&role, result)
            }
            Role::Update(update) => {
                self.core.open_handlers().ended();
                self.update_ended(&update, result)
            }
            Role::Spawned => match result {
                Ok(_) => Ok(()),
                Err(failed) => self.main_ended(&role, Err(failed)),
            },
            Role::Init | Role::Main | Role::Query(_) => self.main_ended(&role, result),
        }
    }

    // ---- endings ------------------------------------------------------------------------------------------------

    fn main_ended(&mut self, role: &Role, result: Output) -> Result<(), TaskFailure> {
        match result {
            Ok(payload) => {
                self.end(Command::CompleteWorkflow {
                    result: Some(payload),
                });
                Ok(())
            }
            Err(failed) => match self.decided(failed) {
                Ok(returned) => {
                    let ending = self.ending(&returned);
                    self.end(ending);
                    Ok(())
                }
                Err(failed) => Err(self.not_ours(role, failed)),
            },
        }
    }

    /// The first ending counts.
    pub(super) fn end(&mut self, command: Command) {
        self.outcome.get_or_insert_with(|| Box::new(command));
    }

    pub(super) fn ending(&self, returned: &Returned) -> Command {
        if let Some(next) = continue_as_new::requested(&*returned.error) {
            return Command::ContinueAsNew(next);
        }
        if self.cancel_requested && is_cancelled(&*returned.error) {
            return Command::CancelWorkflow;
        }
        Command::FailWorkflow {
            failure: Box::new(returned.to_proto()),
        }
    }

    /// Calls user code; a panic fails the workflow task, with its place.
    pub(super) fn guarded<T>(
        &self,
        what: &str,
        call: impl FnOnce() -> T,
    ) -> Result<T, TaskFailure> {
        catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
            let text = panics::message(&*panic);
            if panics::wants_a_reactor(&text) {
                return self.foreign_wait(Some(&text));
            }
            TaskFailure::new(&format!(
                "{what} of workflow `{}` panicked: {text}",
                self.definition.name
            ))
        })
    }

    /// Calls user code, and logs what it logs; a panic is an error like those that it returns.
    pub(super) fn caught<T>(
        &self,
        role: &Role,
        call: impl FnOnce() -> T,
    ) -> Result<Result<T, Failed>, TaskFailure> {
        let called = self.logged(role, || catch_unwind(AssertUnwindSafe(call)));
        called.map(Ok).or_else(|panic| {
            let text = panics::message(&*panic);
            if panics::wants_a_reactor(&text) {
                return Err(self.foreign_wait(Some(&text)));
            }
            Ok(Err(panicked(text)))
        })
    }

    fn foreign_wait(&self, panicked: Option<&str>) -> TaskFailure {
        let Definition { name, source, .. } = self.definition;
        let last = match self.core.last_op() {
            Some(at) => format!("its last operation was started at {at}"),
            None => "it has not started any operation".to_owned(),
        };
        let more = panicked
            .map(|text| format!(" ({text})"))
            .unwrap_or_default();
        TaskFailure::new(&format!(
            "[TMPRL1100] the workflow `{name}` (its run function is at {}:{}) is suspended in an `.await` that is not one of its own operations; {last}{more}. In a workflow write `wf.sleep(..)` for time, `wf.wait(..)`, `wf.join(..)` or `wf.race(..)` for waiting, and do I/O in an activity: `wf.execute(f::with(..)).await?`",
            source.file, source.line
        ))
    }

    /// Tells people, once: not on replay.
    pub(super) fn report(&self, message: &str) {
        if !self.core.is_replaying() {
            let info = self.core.info();
            tracing::warn!(
                workflow_type = %info.workflow_type, workflow_id = %info.workflow_id, run_id = %info.run_id,
                "{message}"
            );
        }
    }
}
