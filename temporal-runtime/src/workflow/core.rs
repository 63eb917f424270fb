//! What all tasks of one run share: the state's slot, the operations, the scopes, and the machine below.
//!
//! Not generic over the workflow, so it is compiled once. Never blocks: the locks are only ever held by the one thread
//! that runs the activation, for a few instructions, and never while user code runs.

mod chain;
mod children;
mod code;
mod conditions;
mod probe;
mod set_handlers;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::Location,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    time::SystemTime,
};

pub(super) use self::set_handlers::Waiting;
use self::{code::Now, set_handlers::SetHandlers};
use super::{
    definition::{BoxFuture, Output, State},
    handle::StartedRun,
    info::WorkflowInfo,
    operation::{Begin, Kind, Predicate, Until, Value, Waiter},
    random::Generator,
    role::Role,
    scope::{ScopeId, Scopes},
    tasks::Spawned,
};
use crate::{
    error::{Error, Result},
    failure::Failure,
    machine::{Machine, OpId, Outcome},
};

/// How many waits may end at once in one activation before we call it a loop that swallows its cancellation.
const MAX_STILLBORN: u32 = 10_000;

/// What all tasks of one run share. Opaque: generated code only passes it on.
pub struct Core {
    slot: Mutex<Option<State>>,
    inner: Mutex<Inner>,
    /// Cleared when the run is evicted: futures that are dropped then must not cancel anything.
    live: AtomicBool,
}

struct Inner {
    machine: Machine,
    /// Boxed, because a map has room for many in each of its nodes, and most runs have one.
    ops: BTreeMap<OpId, Box<Op>>,
    conditions: BTreeSet<OpId>,
    /// Who waits for the start of which child.
    starts: BTreeMap<OpId, Vec<OpId>>,
    scopes: Scopes,
    spawned: Vec<Spawned>,
    next_op: u64,
    stillborn: u32,
    now: SystemTime,
    replaying: bool,
    info: Arc<WorkflowInfo>,
    last_op: Option<&'static Location<'static>>,
    random: Generator,
    code: Now,
    set_handlers: Option<Box<SetHandlers>>,
}

/// One operation, from its start until its result is taken.
struct Op {
    scope: ScopeId,
    kind: Kind,
    /// Its cancellation was asked for.
    asked: bool,
    /// Its handle is gone: nobody will ask for the result.
    detached: bool,
    /// It is a child workflow: its first run, once it runs.
    child: Option<StartedRun>,
    condition: Option<Predicate>,
    done: Option<Result<Value>>,
    waiter: Option<Arc<Waiter>>,
    /// The place in workflow code that started it.
    at: Option<&'static Location<'static>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // a panic in user code never leaves the data half-changed, because no lock is held while user code runs
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Core")
    }
}

impl Core {
    pub(super) fn new(
        state: State,
        machine: Machine,
        info: Arc<WorkflowInfo>,
        now: SystemTime,
    ) -> Arc<Self> {
        Arc::new(Self {
            slot: Mutex::new(Some(state)),
            inner: Mutex::new(Inner {
                machine,
                ops: BTreeMap::new(),
                conditions: BTreeSet::new(),
                starts: BTreeMap::new(),
                scopes: Scopes::new(),
                spawned: Vec::new(),
                next_op: 0,
                stillborn: 0,
                now,
                replaying: false,
                random: Generator::new(&info.seed),
                info,
                last_op: None,
                code: Now::default(),
                set_handlers: None,
            }),
            live: AtomicBool::new(true),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    // ---- the state's slot ---------------------------------------------------------------------------------------

    pub(super) fn take_state(&self) -> Option<State> {
        lock(&self.slot).take()
    }

    pub(super) fn put_state(&self, state: State) {
        *lock(&self.slot) = Some(state);
    }

    pub(super) fn has_state(&self) -> bool {
        lock(&self.slot).is_some()
    }

    // ---- the run ------------------------------------------------------------------------------------------------

    /// Reads or drives the machine.
    pub(super) fn machine<T>(&self, f: impl FnOnce(&mut Machine) -> T) -> T {
        f(&mut self.inner().machine)
    }

    pub(super) fn begin_activation(&self, now: SystemTime, replaying: bool) {
        let mut inner = self.inner();
        inner.machine.begin_activation();
        // the workflow's clock never goes back, whatever the service's does
        inner.now = inner.now.max(now);
        inner.replaying = replaying;
        inner.stillborn = 0;
    }

    pub(super) fn now(&self) -> SystemTime {
        self.inner().now
    }

    pub(super) fn is_replaying(&self) -> bool {
        self.inner().replaying
    }

    pub(super) fn info(&self) -> Arc<WorkflowInfo> {
        self.inner().info.clone()
    }

    /// From here on nothing that is dropped issues a command.
    pub(super) fn retire(&self) {
        self.live.store(false, Ordering::Relaxed);
    }

    fn is_live(&self) -> bool {
        self.live.load(Ordering::Relaxed)
    }

    pub(super) fn set_last_op(&self, at: &'static Location<'static>) {
        self.inner().last_op = Some(at);
    }

    /// Where an operation was started that has not ended.
    pub(super) fn place_of(&self, id: OpId) -> Option<&'static Location<'static>> {
        self.inner().ops.get(&id).and_then(|op| op.at)
    }

    /// Where the last operation was started, for messages.
    pub(super) fn last_op(&self) -> Option<&'static Location<'static>> {
        self.inner().last_op
    }

    pub(super) fn spawn(&self, role: Role, future: BoxFuture<Output>) {
        self.inner().spawned.push(Spawned { role, future });
    }

    pub(super) fn take_spawned(&self) -> Vec<Spawned> {
        std::mem::take(&mut self.inner().spawned)
    }

    // ---- scopes -------------------------------------------------------------------------------------------------

    pub(super) fn enter_scope(&self, parent: Option<ScopeId>, shielded: bool) -> ScopeId {
        self.inner().scopes.enter(parent, shielded)
    }

    pub(super) fn leave_scope(&self, scope: ScopeId) {
        self.inner().scopes.leave(scope);
    }

    pub(super) fn cancelled(&self, scope: ScopeId) -> Option<String> {
        self.inner().scopes.cancelled(scope).map(str::to_owned)
    }

    /// Marks the scope, then cancels what was started in it and below, in the order of the starts.
    pub(super) fn cancel_scope(&self, scope: ScopeId, why: &str) {
        let mut inner = self.inner();
        if !inner.scopes.cancel(scope, why) {
            return;
        }
        let reached: Vec<OpId> = inner
            .ops
            .iter()
            .filter(|(_, op)| op.done.is_none() && inner.scopes.cancelled(op.scope).is_some())
            .map(|(id, _)| *id)
            .collect();
        drop(inner);
        for id in reached {
            self.cancel(id, why);
        }
    }

    // ---- operations ---------------------------------------------------------------------------------------------

    /// An operation starts. In a cancelled scope it is over at once, and no command is issued.
    pub(super) fn begin(&self, scope: ScopeId, begin: Begin) -> OpId {
        self.assert_may_command();
        let mut inner = self.inner();
        let id = OpId(inner.next_op);
        inner.next_op += 1;
        let kind = begin.kind();
        let why = match kind {
            Kind::Task(_) => None,
            _ => inner.scopes.cancelled(scope).map(str::to_owned),
        };
        let mut op = Op {
            scope,
            kind,
            asked: why.is_some(),
            detached: false,
            child: None,
            condition: None,
            done: None,
            waiter: None,
            at: inner.last_op,
        };
        if let Some(why) = why {
            inner.stillborn += 1;
            if inner.stillborn > MAX_STILLBORN {
                let place = inner
                    .last_op
                    .map_or_else(|| "-".to_owned(), ToString::to_string);
                drop(inner);
                // unwinds into the executor, which fails the workflow task with this text
                panic!(
                    "the workflow keeps waiting in a cancelled scope ({place}): leave the loop with `?`, or put it into `wf.shielded()`"
                );
            }
            op.done = Some(Err(op.kind.cancelled(&why)));
            // a condition that holds is an answer all the same
            op.condition = begin.into_predicate();
        } else {
            inner.start(id, &mut op, begin);
        }
        inner.scopes.op_started(scope);
        inner.ops.insert(id, Box::new(op));
        id
    }

    /// The answer of an operation, if it is there; the operation is gone then.
    pub(super) fn poll(&self, id: OpId) -> Poll<Result<Value>> {
        if let Some(mut predicate) = self.take_predicate(id) {
            if let Some(value) = self.holds(&mut predicate) {
                self.inner().remove(id);
                return Poll::Ready(Ok(value));
            }
            if let Some(op) = self.inner().ops.get_mut(&id) {
                op.condition = Some(predicate);
            }
        }
        let mut inner = self.inner();
        match inner.ops.get(&id) {
            None => Poll::Ready(Err(Error::msg(
                "the result of this operation was taken before",
            ))),
            Some(op) if op.done.is_none() => Poll::Pending,
            Some(_) => {
                let done = inner.remove(id).and_then(|op| op.done);
                Poll::Ready(done.unwrap_or_else(|| {
                    Err(Error::msg("the result of this operation was taken before"))
                }))
            }
        }
    }

    /// Whether an operation has ended.
    pub(super) fn is_ready(&self, id: OpId) -> bool {
        self.inner().ops.get(&id).is_none_or(|op| op.done.is_some())
    }

    /// Wakes the task when these operations have ended.
    pub(super) fn park(
        &self,
        ids: &[OpId],
        until: Until,
        waker: &Waker,
        at: &'static Location<'static>,
    ) {
        let task = self.current_task();
        let mut inner = self.inner();
        let open: Vec<OpId> = ids
            .iter()
            .copied()
            .filter(|id| inner.ops.get(id).is_some_and(|op| op.done.is_none()))
            .collect();
        let waiter = Waiter::new(waker.clone(), until, open.len(), task, at);
        let waiter = Arc::new(waiter);
        for id in open {
            if let Some(op) = inner.ops.get_mut(&id) {
                op.waiter = Some(waiter.clone());
            }
        }
    }

    /// An operation ended. The first end counts.
    pub(super) fn finish(&self, id: OpId, result: Result<Value>) {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let Some(op) = inner.ops.get_mut(&id) else {
            return;
        };
        if op.done.is_some() {
            return;
        }
        let failed = result.is_err();
        let lost = match op.kind {
            Kind::Child(_) => inner.machine.drop_held(id),
            _ => Vec::new(),
        };
        let starts: Vec<_> = (inner.starts.remove(&id).into_iter().flatten())
            .map(|start| (start, op.kind.start_ended(&result)))
            .collect();
        op.done = Some(result);
        let waiter = op.waiter.take();
        let forgotten = if op.detached { inner.remove(id) } else { None };
        drop(guard);
        drop(forgotten);
        for (start, result) in starts {
            self.finish(start, result);
        }
        for (external, outcome) in lost {
            self.resolve(external, outcome);
        }
        if let Some(waiter) = waiter {
            waiter.one_ended(failed);
        }
    }

    /// An operation of the machine ended.
    pub(super) fn resolve(&self, id: OpId, outcome: Outcome) {
        let kind = self.inner().ops.get(&id).map(|op| op.kind.clone());
        let Some(kind) = kind else { return };
        let result = match (outcome, &kind) {
            (Outcome::Completed(_), Kind::Timer(_) | Kind::External(_)) => Ok(Value::Unit),
            (Outcome::Completed(payload), _) => Ok(Value::Payload(payload)),
            (Outcome::Failed(failure), _) => Err(kind.failed(Failure::from_proto(*failure))),
        };
        self.finish(id, result);
    }

    /// A request, never a wait. What it does at once depends on the kind of operation.
    pub(super) fn cancel(&self, id: OpId, why: &str) {
        let mut inner = self.inner();
        let Some(op) = inner.ops.get_mut(&id) else {
            return;
        };
        if op.done.is_some() || op.asked {
            return;
        }
        op.asked = true;
        let kind = op.kind.clone();
        // its place in a line is free at once
        let withdrawn = matches!(kind, Kind::Grant(_)).then(|| op.condition.take());
        let over = match kind {
            Kind::Timer(_) => {
                inner.machine.cancel_timer(id);
                Some(Err(kind.cancelled(why)))
            }
            Kind::Condition | Kind::Grant(_) | Kind::Started => Some(Err(kind.cancelled(why))),
            Kind::Activity(_) => inner.machine.cancel_activity(id).map(|o| kind.over(o)),
            Kind::LocalActivity(_) => inner
                .machine
                .cancel_local_activity(id)
                .map(|o| kind.over(o)),
            Kind::Child(_) => inner.machine.cancel_child(id).map(|o| kind.over(o)),
            Kind::External(_) => inner.machine.cancel_reach(id).map(|o| kind.over(o)),
            Kind::Task(scope) => {
                drop(inner);
                self.cancel_scope(scope, why);
                return;
            }
        };
        drop(inner);
        drop(withdrawn);
        if let Some(result) = over {
            self.finish(id, result);
        }
    }

    /// Given up by a combinator, or dropped while it was waited for: cancelled, and nobody asks for its result.
    pub(super) fn abandon(&self, ids: &[OpId]) {
        if !self.is_live() {
            return;
        }
        for id in ids {
            self.cancel(*id, "it is no longer waited for");
            self.detach(*id);
        }
    }

    /// Its handle is gone; it runs on.
    pub(super) fn detach(&self, id: OpId) {
        if !self.is_live() {
            return;
        }
        let mut inner = self.inner();
        let ended = match inner.ops.get_mut(&id) {
            Some(op) if op.done.is_some() => inner.remove(id),
            Some(op) => {
                op.detached = true;
                None
            }
            None => None,
        };
        drop(inner);
        // its value is user code's: what drops with it may come back here
        drop(ended);
    }
}

impl Inner {
    fn start(&mut self, id: OpId, op: &mut Op, begin: Begin) {
        match begin {
            Begin::Timer(delay, None) => self.machine.start_timer(id, delay),
            Begin::Timer(delay, summary) => {
                self.machine.start_described_timer(id, delay, summary);
            }
            begin @ (Begin::Condition(_) | Begin::Grant(..)) => {
                op.condition = begin.into_predicate();
                self.conditions.insert(id);
            }
            Begin::Activity(_, command, cancellation) => {
                self.machine.schedule_activity(id, command, cancellation)
            }
            Begin::LocalActivity(_, command, cancellation) => {
                (self.machine).start_local_activity(id, command, cancellation, self.now)
            }
            Begin::Child(_, command, cancellation) => {
                op.child = Some(StartedRun::default());
                self.machine.start_child(id, command, cancellation)
            }
            Begin::Started(child, run) => self.wait_for_start(id, op, child, &run),
            Begin::External(command, child) => {
                let refused = self.machine.reach(id, command, child);
                op.done = refused.map(|outcome| op.kind.over(outcome));
            }
            Begin::Task(_) => {}
            Begin::Broken(_, error) => op.done = Some(Err(error)),
        }
    }

    fn remove(&mut self, id: OpId) -> Option<Box<Op>> {
        let op = self.ops.remove(&id)?;
        self.conditions.remove(&id);
        self.scopes.op_ended(op.scope);
        Some(op)
    }
}
