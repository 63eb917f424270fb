//! What must happen outside a run after a request to it was applied. Says what, never does it.

use std::sync::Arc;

use temporal_protos::common::{Memo, Payloads, SearchAttributes, WorkflowExecution};
use temporal_protos::enums::{ParentClosePolicy, WorkflowExecutionStatus};
use temporal_protos::history::HistoryEvent;
use temporal_protos::query::WorkflowQueryResult;
use temporal_protos::update::Outcome;

use super::execution::start::NewRun;
use super::refusal::Refusal;
use super::schedule::ScheduleMessage;
use super::surroundings::Namespace;
use super::time::Time;

/// One thing to do elsewhere. The driver performs effects in order, after the run's change stands.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// Put a workflow task into matching.
    AddWorkflowTask {
        /// The sticky queue, if the run has one.
        sticky: Option<String>,
        /// The normal queue.
        normal: String,
        /// Names this attempt of this task; another number means that it is no longer wanted.
        stamp: u64,
    },
    /// Put an activity task into matching.
    AddActivityTask {
        /// The queue.
        queue: String,
        /// Which activity.
        scheduled_event_id: i64,
        /// Names this attempt.
        stamp: u64,
    },
    /// Set (or move) a timer of the run.
    SetTimer(RunTimer, Time),
    /// Clear a timer of the run.
    ClearTimer(RunTimer),
    /// Clear all timers of the run: it closed.
    ClearTimers,
    /// Something for another workflow.
    Send(Message),
    /// The run's row in visibility changed.
    Visibility,
    /// A query that waited with a workflow task was answered, or is refused.
    QueryAnswered(String, Result<WorkflowQueryResult, Refusal>),
    /// A query that waited with a workflow task must go to a worker directly.
    QueryDirect(String),
    /// An update reached another stage.
    UpdateChanged(u64, UpdateView),
    /// A run that follows this one under the same workflow id.
    Successor(Box<NewRun>),
}

/// A timer of one run. There is at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunTimer {
    /// The first task may be scheduled: the end of a delay, a back-off or a cron wait.
    FirstTask,
    /// The pending workflow task was not taken, or not completed, in time.
    WorkflowTask,
    /// The run has lasted too long.
    Run,
    /// The chain of runs has lasted too long.
    Execution,
    /// A fast-forward of the run's time has come to its end.
    FastForward,
    /// A timer of the workflow, by its started event.
    User(i64),
    /// The next deadline or retry of an activity, by its scheduled event.
    Activity(i64),
}

/// How far an update has come, for those who wait for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum UpdateView {
    /// The service has it.
    Admitted,
    /// The workflow has accepted it.
    Accepted,
    /// It is done; a rejection is an outcome too.
    Completed(Outcome),
    /// It will never be done.
    Aborted(Refusal),
}

/// A workflow, and one run or chain of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) workflow_id: String,
    /// Empty for the current run.
    pub(crate) run_id: String,
}

/// Something one run has to say to another workflow.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Start a child; the answer goes back to the parent.
    StartChild {
        parent: Target,
        initiated_event_id: i64,
        child: Box<ChildStart>,
    },
    /// The child was started, or not.
    ChildStarted {
        parent: Target,
        initiated_event_id: i64,
        result: Result<String, ChildStartFailure>,
    },
    /// Its parent knows: the child's first task may go.
    ReleaseChild { child: Target },
    /// The child has ended.
    ChildClosed {
        parent: Target,
        initiated_event_id: i64,
        child: WorkflowExecution,
        end: Arc<HistoryEvent>,
    },
    /// Signal another workflow.
    Signal {
        sender: Target,
        initiated_event_id: i64,
        target: Target,
        child_only: bool,
        signal: Box<ExternalSignal>,
    },
    /// The signal was delivered, or not.
    SignalDone {
        sender: Target,
        initiated_event_id: i64,
        result: Result<(), ExternalFailure>,
    },
    /// Ask another workflow to cancel itself.
    Cancel {
        sender: Target,
        initiated_event_id: i64,
        target: Target,
        child_only: bool,
        reason: String,
    },
    /// The request was delivered, or not.
    CancelDone {
        sender: Target,
        initiated_event_id: i64,
        result: Result<(), ExternalFailure>,
    },
    /// The parent closed.
    ParentClosed {
        parent: Target,
        child: Target,
        first_run_id: String,
        policy: ParentClosePolicy,
    },
    /// Something between a schedule and a workflow.
    Schedule(Box<ScheduleMessage>),
}

/// What starts a child.
#[derive(Debug, Clone)]
pub(crate) struct ChildStart {
    pub(crate) workflow_id: String,
    pub(crate) reuse_policy: i32,
    pub(crate) run: NewRun,
}

/// Why a child was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildStartFailure {
    WorkflowAlreadyExists,
    NamespaceNotFound,
}

/// Why an external workflow was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExternalFailure {
    NotFound,
    NamespaceNotFound,
    SignalCountLimit,
}

/// A signal that another workflow sends.
#[derive(Debug, Clone)]
pub(crate) struct ExternalSignal {
    pub(crate) name: String,
    pub(crate) input: Option<Payloads>,
    pub(crate) header: Option<temporal_protos::common::Header>,
    /// Makes the delivery happen once.
    pub(crate) request_id: String,
}

/// What visibility shows of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VisibilityRow {
    /// The namespace.
    pub(crate) namespace: Arc<Namespace>,
    /// The workflow id.
    pub(crate) workflow_id: Arc<str>,
    /// The run id.
    pub(crate) run_id: Arc<str>,
    /// The name of the workflow type.
    pub(crate) workflow_type: String,
    /// The task queue.
    pub(crate) task_queue: String,
    /// Running, or how it ended.
    pub(crate) status: WorkflowExecutionStatus,
    /// When the run was started.
    pub(crate) start_time: Time,
    /// When its first task could go: later than the start after a delay or a back-off.
    pub(crate) execution_time: Time,
    /// When it ended.
    pub(crate) close_time: Option<Time>,
    /// Events so far; meaningful once closed.
    pub(crate) history_length: i64,
    /// Bytes so far; meaningful once closed.
    pub(crate) history_size_bytes: i64,
    /// Changes of state so far.
    pub(crate) state_transition_count: i64,
    /// The parent, if it has one.
    pub(crate) parent: Option<WorkflowExecution>,
    /// The root of its tree of children: itself for most.
    pub(crate) root: WorkflowExecution,
    /// The memo.
    pub(crate) memo: Memo,
    /// The search attributes, with types in the metadata.
    pub(crate) search_attributes: SearchAttributes,
}
