//! The state machines of one run: history goes in, jobs for workflow code and commands for the service come out.
//!
//! Pure. No async, clock, randomness, I/O or hash order, and no knowledge of user code: an operation is a number that
//! the workflow layer chose ([`OpId`]), and its end is an [`Outcome`] that the workflow layer decodes.
//!
//! How it is driven, for each workflow task in turn:
//! 1. [`Machine::handle_event`] with the events before the task; they become jobs, read with [`Machine::poll_job`].
//! 2. Workflow code runs on the jobs and asks for deeds: [`Machine::start_timer`], [`Machine::schedule_activity`], ….
//! 3. Either the task is the live one, and [`Machine::commands`] are sent; or it is replayed, and the events that
//!    follow its completion must match those commands one by one. What does not match is a [`Mismatch`], which poisons
//!    the run: the workflow task fails, not the workflow.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod activity;
mod child_workflow;
mod command;
mod continue_as_new;
mod cursor;
mod external;
mod history;
mod local_activity;
mod local_marker;
mod memo;
mod mismatch;
mod patch;
mod rest;
mod retry_policy;
mod same_id;
mod search_attributes;
#[cfg(test)]
mod tests;
mod timer;
mod update;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use temporal_protos::{
    common::{Payload, Payloads},
    failure,
};

pub use self::mismatch::Mismatch;
use self::{
    activity::Activity,
    child_workflow::ChildWorkflow,
    command::{Issued, Outgoing},
    external::External,
    local_activity::LocalActivities,
    patch::Patches,
    timer::Timer,
};
pub(crate) use self::{
    activity::ActivityCommand,
    child_workflow::{ALREADY_EXISTS, ChildCommand},
    command::{Command, CommandContext, message_id},
    continue_as_new::ContinueCommand,
    cursor::{HistoryCursor, TaskEvents},
    external::{Deed, ExternalCommand, NAMESPACE_NOT_FOUND, NOT_FOUND},
    history::{Event, EventKind, StartedAttributes, unsupported_event, update_request},
    local_activity::{LocalActivityCommand, LocalRequest, LocalResult, LocalRun},
    local_marker::LocalMarker,
    patch::lists_patches,
    retry_policy::Retry,
    update::UpdateRequest,
};

/// An operation of a run: the order of its start among all operations of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpId(pub(crate) u64);

/// How an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// It ended well; a timer has no payload.
    Completed(Option<Payload>),
    /// It ended badly, with the failure as the other SDKs build it (an activity failure around its cause, ….).
    Failed(Box<failure::Failure>),
}

/// What events mean to workflow code, in the order in which it must hear of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Job {
    /// The run begins.
    Start(Box<StartedAttributes>),
    /// A signal arrived.
    Signal {
        /// The event that carries it.
        event_id: i64,
        /// The signal's name.
        name: String,
        /// Its arguments.
        input: Vec<Payload>,
    },
    /// An update arrived; on replay it was accepted before, and its validator does not run.
    Update {
        /// Its id, name and arguments.
        request: UpdateRequest,
        /// Whether its acceptance is in history already.
        replayed: bool,
    },
    /// Somebody asked for the run to be cancelled.
    Cancel {
        /// Why, in the words of who asked.
        reason: String,
    },
    /// The workflow was reset: random numbers start anew from this run id.
    NewSeed(String),
    /// A child workflow started, which is a stage of its own.
    ChildStarted(OpId, String),
    /// A request to cancel a child came too early for it, and is sent again.
    CancelChildAgain(OpId),
    /// A local activity failed, and its next attempt is so far away that a timer waits for it.
    BackOff(OpId, Duration),
    /// That timer fired.
    RetryLocalActivity(OpId),
    /// An operation ended.
    Resolve(OpId, Outcome),
}

impl Job {
    /// Whether the job belongs to the first phase of an activation: messages come before everything else.
    /// A new seed counts for them, too.
    pub(crate) const fn is_message(&self) -> bool {
        matches!(
            self,
            Self::Signal { .. } | Self::Update { .. } | Self::NewSeed(_)
        )
    }
}

/// All state machines of one run.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    timers: BTreeMap<OpId, Timer>,
    activities: BTreeMap<OpId, Activity>,
    children: BTreeMap<OpId, ChildWorkflow>,
    locals: LocalActivities,
    patches: Patches,
    externals: BTreeMap<OpId, External>,
    /// Which operation an event began, by the event's id.
    begun_by: BTreeMap<i64, OpId>,
    /// Updates that are known but not yet answered: id to the request.
    updates: BTreeMap<String, UpdateRequest>,
    outgoing: VecDeque<Outgoing>,
    jobs: VecDeque<Job>,
    /// Counts activations, to tell local activities of this one from those that may run already.
    activation: u64,
    next_timer: u64,
    next_activity: u64,
    closed: bool,
}

impl Machine {
    /// A workflow task begins: deeds from here on belong to it.
    pub(crate) fn begin_activation(&mut self) {
        self.activation += 1;
        self.locals.delivered += u64::from(!self.jobs.is_empty());
    }

    /// The next job, in the order of events.
    pub(crate) fn poll_job(&mut self) -> Option<Job> {
        self.jobs.pop_front()
    }

    /// The commands and messages of the live task, in the order in which workflow code issued them. They stay in the
    /// queue until their events confirm them.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.outgoing.iter().map(|o| &o.command)
    }

    /// Whether a closing command was issued, or history has one.
    pub(crate) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The run ends with this command; nothing can be issued after it.
    pub(crate) fn close(&mut self, command: Command) {
        debug_assert!(!self.closed, "a run closes once");
        self.closed = true;
        self.issue(command, Issued::Close);
    }

    /// At the end of a replayed task: what workflow code issued must all be in history by now.
    pub(crate) fn expect_no_commands(&self, event_id: i64) -> Result<(), Mismatch> {
        match self.outgoing.front() {
            None => Ok(()),
            Some(left) => Err(Mismatch::new(
                event_id,
                "no more commands of the workflow task before",
                left.command.describe(),
            )
            .about(left.issued.op())),
        }
    }

    /// Feeds one event of history.
    pub(crate) fn handle_event(&mut self, event: Event) -> Result<(), Mismatch> {
        let id = event.id;
        match event.kind {
            EventKind::Started(attributes) => {
                self.jobs.push_back(Job::Start(attributes));
                Ok(())
            }
            EventKind::Signaled { name, input } => {
                self.jobs.push_back(Job::Signal {
                    event_id: id,
                    name,
                    input,
                });
                Ok(())
            }
            EventKind::CancelRequested { reason } => {
                self.jobs.push_back(Job::Cancel { reason });
                Ok(())
            }
            EventKind::WorkflowTaskFailed { new_run_id } => {
                self.jobs.extend(new_run_id.map(Job::NewSeed));
                Ok(())
            }
            EventKind::WorkflowTask | EventKind::ClosedFromOutside | EventKind::Ignorable => Ok(()),
            EventKind::Timer(event) => self.handle_timer(id, event),
            EventKind::Activity(event) => self.handle_activity(id, event),
            EventKind::Child(event) => self.handle_child(id, *event),
            EventKind::External(event) => self.handle_external(id, event),
            EventKind::LocalActivity(marker) => self.handle_local_marker(id, &marker),
            EventKind::Update(event) => self.handle_update(id, event),
            EventKind::Patch(marker) => self.patch_recorded(id, &marker),
            EventKind::PatchesListed => self.patches_listed(id),
            EventKind::SearchAttributes => self.search_attributes_upserted(id),
            EventKind::Memo => self.memo_upserted(id),
            EventKind::Closed(close) => self
                .confirm(id, &close.describe(), |command| close.matches(command))
                .map(drop),
            EventKind::Unsupported(name) => Err(Mismatch::unsupported(id, name)),
        }
    }

    /// Queues a command.
    fn issue(&mut self, command: Command, issued: Issued) {
        debug_assert!(
            !self.closed || issued == Issued::Close,
            "nothing follows the end of a run: {}",
            command.describe()
        );
        self.outgoing.push_back(Outgoing { command, issued });
    }

    /// Takes back the command that would have begun an operation, if it was issued in this very task, of which a local
    /// activity may make several activations: the service never hears of either the operation or its cancellation.
    /// What was issued in tasks before is no longer in the queue when workflow code runs.
    fn take_back(&mut self, op: OpId) -> bool {
        let found = self
            .outgoing
            .iter()
            .position(|o| o.issued == Issued::Begin(op));
        found.is_some_and(|at| self.outgoing.remove(at).is_some())
    }

    /// An event that a command makes: it must be the next command.
    fn confirm(
        &mut self,
        event_id: i64,
        expected: &str,
        matches: impl FnOnce(&Command) -> bool,
    ) -> Result<Outgoing, Mismatch> {
        match self.outgoing.pop_front() {
            Some(out) if matches(&out.command) => Ok(out),
            Some(out) => {
                let found = out.command.describe();
                Err(Mismatch::new(event_id, expected, found).about(out.issued.op()))
            }
            None => Err(Mismatch::new(event_id, expected, self.no_command())),
        }
    }

    /// Which operation began with event `begun`; `event_id` is the event that speaks of it.
    fn op_of(&self, event_id: i64, begun: i64, what: &str) -> Result<OpId, Mismatch> {
        self.begun_by.get(&begun).copied().ok_or_else(|| {
            Mismatch::new(
                event_id,
                &format!("{what} that began with event {begun}"),
                "no such operation".into(),
            )
        })
    }

    fn resolve(&mut self, op: OpId, outcome: Outcome) {
        self.jobs.push_back(Job::Resolve(op, outcome));
    }
}

/// The first payload, which is all that a result has.
fn first(payloads: Option<Payloads>) -> Option<Payload> {
    payloads.and_then(|p| p.payloads.into_iter().next())
}
