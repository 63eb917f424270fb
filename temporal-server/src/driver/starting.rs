//! Starting a workflow, with what may be in the way: the runs of its id.

use std::sync::Arc;

use temporal_protos::common::{Link, WorkflowExecution};
use temporal_protos::enums::{EventType, WorkflowExecutionStatus as Status};
use temporal_protos::history::WorkflowExecutionOptionsUpdatedEventAttributes;
use temporal_protos::update::Request as UpdateRequest;

use super::entry::{Chain, Entry};
use super::keeping::Sent;
use super::replies::WorkflowTaskReply;
use super::updates::UpdateWait;
use super::{Driver, held};
use crate::engine::effect::Effect;
use crate::engine::execution::Run;
use crate::engine::execution::activity::json_text;
use crate::engine::execution::close::Termination;
use crate::engine::execution::history::event;
use crate::engine::execution::id_policy::{Asked, Decision, decide};
use crate::engine::execution::signal::Signal;
use crate::engine::execution::start::NewRun;
use crate::engine::execution::start_check::IdPolicies;
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;

/// The started event of a first task that came with the answer to its start.
const EAGER_STARTED: i64 = 3;

/// A start, checked.
#[derive(Debug)]
pub(crate) struct StartRequest {
    pub(crate) workflow_id: String,
    pub(crate) policies: IdPolicies,
    pub(crate) run: NewRun,
    /// The worker that asks wants the first task with the answer.
    pub(crate) eager: bool,
    /// The signal of a signal-with-start.
    pub(crate) signal: Option<Signal>,
    /// The update of an update-with-start.
    pub(crate) update: Option<UpdateRequest>,
    /// What a run that is used instead keeps of the request.
    pub(crate) attaches: Attaches,
}

/// What a run that is used instead of a new one keeps of a start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attaches {
    pub(crate) request_id: bool,
    pub(crate) links: Vec<Link>,
}

/// What became of a start.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) run_id: String,
    pub(crate) first_run_id: String,
    /// Whether it started the run, now or when it was first made.
    pub(crate) started: bool,
    /// Whether a run that was there keeps the id of the request.
    pub(crate) attached: bool,
    pub(crate) status: Status,
    pub(crate) eager_task: Option<WorkflowTaskReply>,
    pub(crate) update: Option<UpdateWait>,
    /// Why a run that was there did not take the update.
    pub(crate) update_refused: Option<Refusal>,
}

impl Driver {
    /// Starts a workflow, or finds the run that is wanted.
    pub(crate) fn start_workflow(
        &self,
        namespace: &Arc<Namespace>,
        request: StartRequest,
    ) -> Result<Started, Refusal> {
        self.start_workflow_for(namespace, request, None)
    }

    /// The same; if it is for a message, that the message was taken is stored with the start.
    pub(super) fn start_workflow_for(
        &self,
        namespace: &Arc<Namespace>,
        request: StartRequest,
        message: Option<u64>,
    ) -> Result<Started, Refusal> {
        let mut request = request;
        if request.run.run_id.is_empty() {
            request.run.run_id = self.ids.fresh();
        }
        loop {
            let entry = self.find_or_make(namespace, &request.workflow_id)?;
            let mut chain = entry.lock();
            if chain.forgotten {
                continue;
            }
            let mut outbox = Vec::new();
            let started = self.start_in(&entry, &mut chain, request, &mut outbox);
            if let Some(message) = message.filter(|_| started.is_ok()) {
                self.taken(&mut chain, message);
            }
            let unused = chain.cells.is_empty();
            drop(chain);
            if unused {
                self.forget_unused(&entry);
            }
            self.deliver(outbox);
            return started;
        }
    }

    fn start_in(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        request: StartRequest,
        outbox: &mut Vec<Sent>,
    ) -> Result<Started, Refusal> {
        chain.newest()?;
        if let Some(known) = self.known_update(chain, &request) {
            return Ok(known);
        }
        let asked = match request.signal {
            Some(_) => Asked::SignalWithStart,
            None => Asked::Start,
        };
        match decide(
            chain.newest()?,
            request.policies,
            &request.run.request_id,
            asked,
        )? {
            Decision::Known(started) => {
                self.use_newest(entry, chain, request, started, true, outbox)
            }
            Decision::UseExisting => self.use_newest(entry, chain, request, false, false, outbox),
            Decision::TerminateExisting => {
                outbox.extend(self.terminate_newest(entry, chain, &request.run.run_id));
                self.start_new(entry, chain, request, outbox)
            }
            Decision::Start => {
                self.check_room()?;
                self.start_new(entry, chain, request, outbox)
            }
        }
    }

    fn start_new(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        request: StartRequest,
        outbox: &mut Vec<Sent>,
    ) -> Result<Started, Refusal> {
        let eager = request.eager && request.run.backoff.is_zero();
        let identity = request.run.identity.clone();
        let (made, mut effects) = self.in_context(|ctx| {
            let (namespace, mut new) = (entry.namespace.clone(), request.run);
            new.eager_accepted = eager;
            let mut run = match request.signal {
                Some(signal) => {
                    Run::new_with_signal(ctx, namespace, &entry.workflow_id, new, signal)?
                }
                None => {
                    let mut run = Run::new(ctx, namespace, &entry.workflow_id, new);
                    run.begin_run(ctx);
                    run
                }
            };
            let update = request
                .update
                .map(|update| run.admit_update(ctx, update))
                .transpose()?;
            if eager && let Some(stamp) = run.task.as_ref().map(|task| task.stamp) {
                ctx.effects
                    .retain(|effect| !matches!(effect, Effect::AddWorkflowTask { .. }));
                let request_id = run.start.request_id.clone();
                run.start_task(ctx, stamp, identity.as_str(), request_id, false);
            }
            Ok((run, update))
        });
        let (run, update) = match made {
            Ok(made) => made,
            Err(refusal) => {
                effects.clear();
                return Err(refusal);
            }
        };
        let eager_task = if eager {
            WorkflowTaskReply::of_task(&run, false)
        } else {
            None
        };
        let execution = run.execution();
        outbox.extend(self.add_run(entry, chain, run, effects));
        let cell = chain.cells.last().expect("a run was just added");
        let update =
            update.map(|attached| self.watch_update(cell.serial, execution.clone(), attached));
        Ok(Started {
            run_id: execution.run_id,
            first_run_id: cell.run.start.first_run_id().into(),
            started: true,
            attached: false,
            status: cell.run.status,
            eager_task,
            update,
            update_refused: None,
        })
    }

    fn use_newest(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        request: StartRequest,
        started: bool,
        known: bool,
        outbox: &mut Vec<Sent>,
    ) -> Result<Started, Refusal> {
        let place = chain.find(&request.workflow_id, "")?;
        let updates = request.update.is_some();
        // With an update nothing is attached.
        let attaches = !known && !updates;
        let attached_id = !started && (known || attaches && request.attaches.request_id);
        let wants_task = started && request.eager;
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (attached, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            if attaches {
                attach(run, ctx, &request.run.request_id, request.attaches);
            }
            if let Some(signal) = request.signal {
                run.signal(ctx, signal)?;
                run.end_delay_for_signal_with_start(ctx);
            }
            request
                .update
                .map(|update| run.admit_update(ctx, update))
                .transpose()
        });
        outbox.extend(self.perform(entry, chain, place, effects));
        let cell = &chain.cells[place];
        let (attached, update_refused) = match attached {
            Ok(attached) => (attached, None),
            Err(refusal) if updates => (None, Some(refusal)),
            Err(refusal) => return Err(refusal),
        };
        let update =
            attached.map(|attached| self.watch_update(cell.serial, cell.run.execution(), attached));
        Ok(Started {
            run_id: cell.run.run_id.to_string(),
            first_run_id: cell.run.start.first_run_id().into(),
            started,
            attached: attached_id,
            status: cell.run.status,
            eager_task: if wants_task {
                eager_task_again(&cell.run)
            } else {
                None
            },
            update,
            update_refused,
        })
    }

    /// An update-with-start whose update is known starts nothing, whatever else it says.
    fn known_update(&self, chain: &Chain, request: &StartRequest) -> Option<Started> {
        let id = &request.update.as_ref()?.meta.as_ref()?.update_id;
        let cell = chain.cells.last()?;
        let attached = cell.run.updates.find(id)?;
        Some(Started {
            run_id: cell.run.run_id.to_string(),
            first_run_id: cell.run.start.first_run_id().into(),
            started: cell.run.start.request_id == request.run.request_id,
            attached: false,
            status: cell.run.status,
            eager_task: None,
            update: Some(self.watch_update(cell.serial, cell.run.execution(), attached)),
            update_refused: None,
        })
    }

    /// Terminates the open run of a workflow in favour of a new one.
    pub(super) fn terminate_newest(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        new_run_id: &str,
    ) -> Vec<Sent> {
        let Some(place) = chain.cells.len().checked_sub(1) else {
            return Vec::new();
        };
        let by = Termination {
            reason: "TerminateIfRunning WorkflowIdReusePolicy".into(),
            details: Some(json_text(&format!("terminated by new runID: {new_run_id}"))),
            identity: "history-service".into(),
            ..Default::default()
        };
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (ended, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            run.begin();
            run.terminate(ctx, by)
        });
        debug_assert!(ended.is_ok(), "only an open run is terminated");
        self.perform(entry, chain, place, effects)
    }

    /// A start that was refused leaves no empty workflow behind.
    fn forget_unused(&self, entry: &Arc<Entry>) {
        let mut shard = self.shard(&entry.namespace, &entry.workflow_id);
        let mut chain = entry.lock();
        if chain.cells.is_empty() {
            chain.forgotten = true;
            shard.remove(entry);
        }
    }

    /// The namespace is gone: so are its runs, without a word to anybody.
    pub(crate) fn forget_namespace(&self, namespace: &Namespace) {
        self.forget_schedules(namespace);
        self.forget_limits(namespace);
        let mut gone = Vec::new();
        for shard in &self.entries {
            gone.extend(held(shard).remove_namespace(namespace));
        }
        for entry in gone {
            let mut chain = entry.lock();
            chain.forgotten = true;
            for mut cell in std::mem::take(&mut chain.cells) {
                self.drop_kept(&mut chain, cell.serial);
                held(&self.timers).clear_run(cell.serial);
                held(&self.open_runs).remove(cell.serial);
                self.uncount(&cell);
                cell.wake();
            }
        }
        held(&self.closed_runs).forget_lost();
    }

    /// DeleteWorkflowExecution: terminates the run if it is open, and forgets it.
    pub(crate) fn delete_run(
        &self,
        namespace: &Namespace,
        execution: &WorkflowExecution,
    ) -> Result<(), Refusal> {
        let entry = self.find_named(namespace, &execution.workflow_id, &execution.run_id)?;
        let (at, serial) = {
            let mut chain = entry.lock();
            let place = chain.look_for(&execution.workflow_id, &execution.run_id)?;
            match chain.read_back(place) {
                // It has closed, and needs no end.
                Err(Refusal::DataLoss(_)) => {
                    let serial = chain.cells[place].serial;
                    drop(chain);
                    held(&self.closed_runs).forget_number(serial);
                    self.remove_run(&entry, serial);
                    return Ok(());
                }
                read => read?,
            }
            let ahead = chain.cells[place].run.time_skipping.ahead;
            let (_, effects) = self.in_context_of(ahead, |ctx| {
                let run = &mut chain.cells[place].run;
                run.begin();
                let by = Termination {
                    reason: "Delete workflow execution".into(),
                    identity: "history-service".into(),
                    ..Default::default()
                };
                // A closed run needs no end.
                run.terminate(ctx, by)
            });
            let outbox = self.perform(&entry, &mut chain, place, effects);
            let cell = &chain.cells[place];
            let closed = (cell.run.close_time, cell.serial);
            drop(chain);
            self.deliver(outbox);
            closed
        };
        held(&self.open_runs).remove(serial);
        if let Some(at) = at {
            held(&self.closed_runs).forget((at, serial));
        }
        self.remove_run(&entry, serial);
        Ok(())
    }
}

/// The answer to an eager start may have been lost: as long as its task is the one that it brought, it brings it again.
fn eager_task_again(run: &Run) -> Option<WorkflowTaskReply> {
    let task = run.task.as_ref().filter(|task| task.attempt == 1)?;
    let started = task.started.as_ref()?;
    (started.event_id == EAGER_STARTED)
        .then(|| WorkflowTaskReply::of_task(run, false))
        .flatten()
}

fn attach(
    run: &mut Run,
    ctx: &mut crate::engine::Context<'_>,
    request_id: &str,
    attaches: Attaches,
) {
    if !attaches.request_id && attaches.links.is_empty() {
        return;
    }
    let request_id = if attaches.request_id { request_id } else { "" };
    let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
        attached_request_id: request_id.into(),
        ..Default::default()
    };
    let mut updated = event(ctx.now, attributes);
    updated.worker_may_ignore = true;
    updated.links = attaches.links;
    let id = run.receive(updated);
    run.make_speculative_task_normal(ctx);
    if !request_id.is_empty() {
        run.request_ids.insert(
            request_id.into(),
            (EventType::WorkflowExecutionOptionsUpdated, id),
        );
    }
}
