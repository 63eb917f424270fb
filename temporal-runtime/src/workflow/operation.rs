//! One operation: how it begins, what it gives, and who waits for it.

use std::{
    any::Any,
    borrow::Cow,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Waker,
    time::Duration,
};

use temporal_protos::common::Payload as RawPayload;

use super::{handle::StartedRun, scope::ScopeId, tasks::TaskId};
use crate::{
    error::{Cancelled, Error, ErrorKind, Result},
    failure::Failure,
    machine::{
        ALREADY_EXISTS, ActivityCommand, ChildCommand, ExternalCommand, LocalActivityCommand,
        NAMESPACE_NOT_FOUND, NOT_FOUND, OpId, Outcome,
    },
    options::CancellationType,
};

/// The type of an activity or a child workflow.
pub(super) type Name = Cow<'static, str>;

/// What kind of operation it is, for its cancellation and for messages.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Timer(Duration),
    Condition,
    /// Something of which there is not enough for everybody: a lock, a value of a queue.
    Grant(&'static str),
    Activity(Name),
    LocalActivity(Name),
    Child(Name),
    /// The start of a child workflow.
    Started,
    /// A signal or a cancel request to another workflow, in words.
    External(Arc<str>),
    Task(ScopeId),
}

/// What begins an operation.
pub(super) enum Begin {
    Timer(Duration, Option<String>),
    Condition(Predicate),
    Grant(&'static str, Grant),
    Activity(Name, ActivityCommand, CancellationType),
    LocalActivity(Name, LocalActivityCommand, CancellationType),
    Child(Name, ChildCommand, CancellationType),
    Started(OpId, StartedRun),
    /// To the child that the operation is, or to anybody.
    External(ExternalCommand, Option<OpId>),
    Task(ScopeId),
    /// It failed before it began.
    Broken(Kind, Error),
}

/// A condition on the state, and what the wait for it gives once it holds.
pub(super) type Predicate = Box<dyn FnMut(&dyn Any) -> Option<Value> + Send>;

/// What is waited for, when it is this one's turn.
pub(super) type Grant = Box<dyn FnMut() -> Option<Value> + Send>;

/// What an operation gives.
pub(super) enum Value {
    Unit,
    Payload(Option<RawPayload>),
    Any(Box<dyn Any + Send>),
}

/// When a wait for several operations has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// One of them ended.
    Any,
    /// All of them ended.
    All,
    /// All of them ended, or one of them badly.
    AllOk,
}

pub(super) struct Waiter {
    waker: Waker,
    until: Until,
    left: AtomicUsize,
    /// Who waits, and the place of its wait.
    pub(super) task: TaskId,
    pub(super) at: &'static Location<'static>,
}

impl Begin {
    /// What is asked again and again, if that is how it ends.
    pub(super) fn into_predicate(self) -> Option<Predicate> {
        match self {
            Self::Condition(predicate) => Some(predicate),
            Self::Grant(_, mut grant) => Some(Box::new(move |_| grant())),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Timer(delay, _) => Kind::Timer(*delay),
            Self::Condition(_) => Kind::Condition,
            Self::Grant(what, _) => Kind::Grant(what),
            Self::Activity(name, ..) => Kind::Activity(name.clone()),
            Self::LocalActivity(name, ..) => Kind::LocalActivity(name.clone()),
            Self::Child(name, ..) => Kind::Child(name.clone()),
            Self::Started(..) => Kind::Started,
            Self::External(command, _) => Kind::External(command.describe().into()),
            Self::Broken(kind, _) => kind.clone(),
            Self::Task(scope) => Kind::Task(*scope),
        }
    }
}

impl Kind {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Timer(delay) => format!("timer of {delay:?}"),
            Self::Condition => "wait for a condition".to_owned(),
            Self::Grant(what) => format!("wait for {what}"),
            Self::Activity(name) => format!("activity `{name}`"),
            Self::LocalActivity(name) => format!("local activity `{name}`"),
            Self::Child(name) => format!("child workflow `{name}`"),
            Self::Started => "start of a child workflow".to_owned(),
            Self::External(words) => words.to_string(),
            Self::Task(_) => "task".to_owned(),
        }
    }

    pub(super) fn cancelled(&self, why: &str) -> Error {
        Error::new(
            ErrorKind::Cancelled,
            format!("{} cancelled", self.describe()),
        )
        .with_source(Cancelled(why.to_owned()))
    }

    pub(super) fn failed(&self, failure: Failure) -> Error {
        let (kind, verb) = match self {
            _ if crate::error::is_cancelled(&failure) => (ErrorKind::Cancelled, "cancelled"),
            Self::Child(_) if is_taken(&failure) => (ErrorKind::AlreadyStarted, "failed"),
            Self::Child(_) => (ErrorKind::ChildWorkflow, "failed"),
            Self::External(_) => match failure.error_type() {
                Some(NOT_FOUND | NAMESPACE_NOT_FOUND) => (ErrorKind::NotFound, "failed"),
                _ => (ErrorKind::ExternalWorkflow, "failed"),
            },
            _ => (ErrorKind::Activity, "failed"),
        };
        Error::new(kind, format!("{} {verb}", self.describe())).with_source(failure)
    }

    /// What the end of a child means to who waits for its start.
    pub(super) fn start_ended(&self, result: &Result<Value>) -> Result<Value> {
        let Err(error) = result else {
            return Ok(Value::Unit);
        };
        Err(match error.failure() {
            Some(failure) => self.failed(failure.clone()),
            None if error.is_cancelled() => self.cancelled("before it started"),
            None => Error::new(error.kind(), error.to_string()),
        })
    }

    pub(super) fn over(&self, outcome: Outcome) -> Result<Value> {
        match outcome {
            Outcome::Completed(payload) => Ok(Value::Payload(payload)),
            Outcome::Failed(failure) => Err(self.failed(Failure::from_proto(*failure))),
        }
    }
}

/// Whether a child could not be started because its id is in use.
fn is_taken(failure: &Failure) -> bool {
    failure.cause().and_then(Failure::error_type) == Some(ALREADY_EXISTS)
}

impl Waiter {
    pub(super) fn new(
        waker: Waker,
        until: Until,
        open: usize,
        task: TaskId,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            waker,
            until,
            left: AtomicUsize::new(open),
            task,
            at,
        }
    }

    pub(super) fn one_ended(&self, failed: bool) {
        let last = self.left.fetch_sub(1, Ordering::Relaxed) == 1;
        let wake = match self.until {
            Until::Any => true,
            Until::All => last,
            Until::AllOk => last || failed,
        };
        if wake {
            self.waker.wake_by_ref();
        }
    }
}
