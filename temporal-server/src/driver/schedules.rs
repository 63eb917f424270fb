//! Holds the schedules, gives them requests and time, and does to workflows what they want.
//!
//! A schedule's lock is never held while a workflow's is taken, or the other way round: what they have to say to each
//! other travels as messages. The table is locked before a schedule, never after.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use temporal_protos::common::WorkflowExecution;
use temporal_protos::enums::{
    WorkflowIdConflictPolicy as Conflict, WorkflowIdReusePolicy as Reuse,
};
use temporal_protos::schedule::SchedulePatch;

use super::entry::Chain;
use super::keeping::Sent;
use super::messages::Delivery;
use super::{Attaches, Driver, StartRequest, held};
use crate::engine::Context;
use crate::engine::effect::{Message, Target};
use crate::engine::execution::cancel::CancelRequest;
use crate::engine::execution::close::Termination;
use crate::engine::execution::start_check::IdPolicies;
use crate::engine::refusal::Refusal;
use crate::engine::schedule::start::{Action, Start};
use crate::engine::schedule::{
    Decisions, Event, ID_PREFIX, Plan, Request, Schedule, ScheduleMessage, ScheduleRef,
};
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;
use crate::engine::timers::TimerKey;

/// Ids of schedules that are gone which are remembered, so that callers are told what became of them.
const REMEMBERED: usize = 1000;

/// Namespace id and schedule id.
pub(super) type Key = (String, String);

/// All schedules of one service.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    pub(super) table: Mutex<Table>,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) open: BTreeMap<Key, Arc<Entry>>,
    /// By their numbers, for their timers.
    pub(super) numbers: HashMap<u64, Key>,
    /// The oldest first.
    pub(super) gone: VecDeque<GoneSchedule>,
}

/// A schedule that there was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoneSchedule {
    pub(super) key: Key,
    /// The request that made it: if it comes once more, it is late, and makes nothing.
    pub(super) request_id: String,
}

/// A schedule; none once it is gone.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) schedule: Mutex<Option<Schedule>>,
}

/// A schedule to be made.
#[derive(Debug)]
pub(crate) struct NewSchedule {
    pub(crate) schedule_id: String,
    pub(crate) request_id: String,
    pub(crate) plan: Plan,
    pub(crate) patch: Option<SchedulePatch>,
}

/// What is said of a schedule that is gone; it depends on the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// To those who look.
    NotFound,
    /// To those who want to change it.
    Completed,
}

fn key(namespace: &Namespace, schedule_id: &str) -> Key {
    (namespace.id.clone(), schedule_id.to_owned())
}

impl Driver {
    /// Checks something that needs to know namespaces and limits.
    pub(crate) fn check<T>(
        &self,
        check: impl FnOnce(&Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.in_context(|ctx| check(ctx)).0
    }

    /// Makes a schedule, unless the same request has made it before, however long ago: a repeated request must not bring
    /// back what was deleted since. Returns what `read` makes of it.
    pub(crate) fn create_schedule<T>(
        &self,
        namespace: &Arc<Namespace>,
        new: NewSchedule,
        read: impl FnOnce(&Schedule) -> T,
    ) -> Result<T, Refusal> {
        self.drop_if_over(namespace, &new.schedule_id);
        let now = self.now();
        let mut table = held(&self.schedules.table);
        if let Some(known) = table.open.get(&key(namespace, &new.schedule_id)) {
            return match &*held(&known.schedule) {
                Some(schedule) if schedule.state.request_id == new.request_id => Ok(read(schedule)),
                _ => Err(taken(&new.schedule_id)),
            };
        }
        let event = new.patch.map_or(Event::Woken, Event::Patched);
        let (id, request_id) = (new.schedule_id.clone(), new.request_id);
        let run_id = self.ids.fresh();
        let key = key(namespace, &new.schedule_id);
        let is_late = |gone: &GoneSchedule| gone.key == key && gone.request_id == request_id;
        let is_late = table.gone.iter().any(is_late);
        let mut schedule = Schedule::new(namespace.clone(), id, request_id, run_id, new.plan, now);
        if is_late {
            return Ok(read(&schedule));
        }
        let mut decisions = schedule.handle(event, now, &mut || self.ids.fresh());
        decisions.row_changed = true;
        let number = self.next_serial();
        let answer = read(&schedule);
        let outbox = self.decided(&mut Chain::default(), number, &schedule, decisions);
        table.numbers.insert(number, key.clone());
        table.gone.retain(|gone| gone.key != key);
        let schedule = Mutex::new(Some(schedule));
        table.open.insert(key, Arc::new(Entry { number, schedule }));
        drop(table);
        self.deliver(outbox);
        Ok(answer)
    }

    /// Gives a request to a schedule; the same one counts once.
    pub(crate) fn tell_schedule(
        &self,
        namespace: &Namespace,
        schedule_id: &str,
        request_id: String,
        request: Request,
    ) -> Result<(), Refusal> {
        self.drop_if_over(namespace, schedule_id);
        let entry = self.find_schedule(namespace, schedule_id, Gone::Completed)?;
        let event = Event::Requested(request_id, request);
        let outbox = self
            .give(&mut Chain::default(), &entry, event)
            .ok_or_else(Refusal::already_completed)?;
        self.deliver(outbox);
        Ok(())
    }

    /// Looks at a schedule.
    pub(crate) fn read_schedule<T>(
        &self,
        namespace: &Namespace,
        schedule_id: &str,
        read: impl FnOnce(&Schedule, Time) -> T,
    ) -> Result<T, Refusal> {
        self.drop_if_over(namespace, schedule_id);
        let entry = self.find_schedule(namespace, schedule_id, Gone::NotFound)?;
        let schedule = held(&entry.schedule);
        let schedule = schedule.as_ref().ok_or_else(|| gone(Gone::NotFound))?;
        Ok(read(schedule, self.now()))
    }

    /// DeleteSchedule. Runs that it has started go on.
    pub(crate) fn delete_schedule(
        &self,
        namespace: &Namespace,
        schedule_id: &str,
    ) -> Result<(), Refusal> {
        self.drop_if_over(namespace, schedule_id);
        self.find_schedule(namespace, schedule_id, Gone::Completed)?;
        self.remove_schedule(&key(namespace, schedule_id), |_| true);
        Ok(())
    }

    /// Forgets the schedules of a namespace that have had nothing to do for long.
    pub(crate) fn drop_schedules_that_are_over(&self, namespace: &Namespace) {
        let ids: Vec<String> = held(&self.schedules.table)
            .open
            .range((namespace.id.clone(), String::new())..)
            .take_while(|((namespace_id, _), _)| *namespace_id == namespace.id)
            .map(|((_, schedule_id), _)| schedule_id.clone())
            .collect();
        for id in ids {
            self.drop_if_over(namespace, &id);
        }
    }

    /// The namespace is gone, and its schedules with it.
    pub(super) fn forget_schedules(&self, namespace: &Namespace) {
        let mut keys: Vec<Key> = held(&self.schedules.table).open.keys().cloned().collect();
        keys.retain(|(namespace_id, _)| *namespace_id == namespace.id);
        for key in keys {
            self.remove_schedule(&key, |_| true);
        }
        let mut change = Chain::default();
        let gone = &mut held(&self.schedules.table).gone;
        gone.retain(|gone| {
            let stays = gone.key.0 != namespace.id;
            if !stays {
                self.forget_gone_schedule(&mut change, &gone.key);
            }
            stays
        });
    }

    /// A schedule's time has come.
    pub(super) fn schedule_due(&self, number: u64) {
        let entry = {
            let table = held(&self.schedules.table);
            let key = table.numbers.get(&number);
            key.and_then(|key| table.open.get(key)).cloned()
        };
        if let Some(outbox) =
            entry.and_then(|entry| self.give(&mut Chain::default(), &entry, Event::Woken))
        {
            self.deliver(outbox);
        }
    }

    /// Delivers a message between a schedule and workflows.
    pub(super) fn deliver_for_schedule(&self, message: ScheduleMessage, delivery: &mut Delivery) {
        let (schedule, event) = match message {
            ScheduleMessage::RunClosed(schedule, end) => (schedule, Event::RunClosed(end)),
            ScheduleMessage::Act(schedule, Action::Start(start)) => {
                let started = self.start_for_schedule(&schedule, *start, delivery.number);
                let Err((run_id, refusal)) = started else {
                    return;
                };
                let ScheduleRef { schedule_id, .. } = &schedule;
                tracing::debug!(
                    schedule_id,
                    ?refusal,
                    "a schedule's workflow was not started"
                );
                (schedule, Event::NotStarted { run_id })
            }
            ScheduleMessage::Act(schedule, Action::Cancel(run)) => {
                return self.cancel_for_schedule(&schedule, run, delivery);
            }
            ScheduleMessage::Act(schedule, Action::Terminate(run)) => {
                return self.terminate_for_schedule(&schedule, run, delivery);
            }
        };
        // The schedule may be gone meanwhile.
        let ScheduleRef {
            namespace,
            schedule_id,
        } = &schedule;
        let entry = self
            .find_schedule(namespace, schedule_id, Gone::Completed)
            .ok();
        let mut change = Chain::default();
        self.taken(&mut change, delivery.number);
        let outbox = entry.and_then(|entry| self.give(&mut change, &entry, event));
        delivery.more.extend(outbox.into_iter().flatten());
    }

    fn start_for_schedule(
        &self,
        schedule: &ScheduleRef,
        start: Start,
        message: u64,
    ) -> Result<(), (String, Refusal)> {
        let Start { run_id, request } = start;
        let policies = IdPolicies {
            reuse: Reuse::try_from(request.workflow_id_reuse_policy)
                .unwrap_or(Reuse::RejectDuplicate),
            conflict: Conflict::Fail,
        };
        let workflow_id = request.workflow_id.clone();
        let started = self
            .check_start(&schedule.namespace, request)
            .and_then(|mut run| {
                run.run_id = run_id.clone();
                run.scheduled_by = Some(schedule.schedule_id.clone());
                let request = StartRequest {
                    workflow_id,
                    policies,
                    run,
                    eager: false,
                    signal: None,
                    update: None,
                    attaches: Attaches::default(),
                };
                self.start_workflow_for(&schedule.namespace, request, Some(message))
            });
        started.map(drop).map_err(|refusal| (run_id, refusal))
    }

    fn cancel_for_schedule(
        &self,
        schedule: &ScheduleRef,
        run: WorkflowExecution,
        delivery: &mut Delivery,
    ) {
        let request = CancelRequest {
            identity: schedule.identity(),
            reason: "cancelled by schedule overlap policy".into(),
            request_id: self.ids.fresh(),
            ..Default::default()
        };
        // A run that is over has told the schedule so.
        self.tell(&newest(schedule, &run), delivery, |open, ctx| {
            check_chain(open.start.first_run_id(), &run)?;
            open.request_cancel(ctx, request);
            Ok(())
        });
    }

    fn terminate_for_schedule(
        &self,
        schedule: &ScheduleRef,
        run: WorkflowExecution,
        delivery: &mut Delivery,
    ) {
        let by = Termination {
            identity: schedule.identity(),
            reason: "terminated by schedule overlap policy".into(),
            ..Default::default()
        };
        // A run that is over has told the schedule so.
        self.tell(&newest(schedule, &run), delivery, |open, ctx| {
            check_chain(open.start.first_run_id(), &run)?;
            open.terminate(ctx, by)
        });
    }

    /// Gives an event to a schedule that was found; none if it is gone. The messages are put out already.
    fn give(&self, change: &mut Chain, entry: &Entry, event: Event) -> Option<Vec<Sent>> {
        let mut schedule = held(&entry.schedule);
        let schedule = schedule.as_mut()?;
        let decisions = schedule.handle(event, self.now(), &mut || self.ids.fresh());
        let outbox = self.decided(change, entry.number, schedule, decisions);
        // While the schedule is locked, so that its changes are stored in their order.
        change.unit = None;
        Some(outbox)
    }

    /// Performs what a schedule has decided, but for its actions, which are put out as messages.
    fn decided(
        &self,
        change: &mut Chain,
        number: u64,
        schedule: &Schedule,
        decisions: Decisions,
    ) -> Vec<Sent> {
        self.keep_schedule(change, schedule, decisions.wake);
        let timer = TimerKey::Schedule(number);
        match decisions.wake {
            Some(at) => self.set_timer(timer, at),
            None => held(&self.timers).clear(timer),
        }
        if decisions.row_changed {
            self.directory.show(schedule.visibility_row());
        }
        let mut outbox = Vec::new();
        for action in decisions.actions {
            let message = ScheduleMessage::Act(schedule.reference(), action);
            outbox.push(self.send(change, Message::Schedule(Box::new(message))));
        }
        outbox
    }

    fn find_schedule(
        &self,
        namespace: &Namespace,
        schedule_id: &str,
        if_gone: Gone,
    ) -> Result<Arc<Entry>, Refusal> {
        let key = key(namespace, schedule_id);
        let table = held(&self.schedules.table);
        if let Some(entry) = table.open.get(&key) {
            return Ok(entry.clone());
        }
        if table.gone.iter().any(|gone| gone.key == key) {
            return Err(gone(if_gone));
        }
        Err(Refusal::not_found(format!(
            "workflow not found for ID: {ID_PREFIX}{schedule_id}"
        )))
    }

    fn drop_if_over(&self, namespace: &Namespace, schedule_id: &str) {
        let now = self.now();
        self.remove_schedule(&key(namespace, schedule_id), |schedule| {
            schedule.is_over(now)
        });
    }

    /// Removes a schedule that is still as it should be for that.
    fn remove_schedule(&self, key: &Key, wanted: impl FnOnce(&Schedule) -> bool) {
        let mut table = held(&self.schedules.table);
        let Some(entry) = table.open.get(key).cloned() else {
            return;
        };
        // Its lock keeps the timer from being set anew.
        let mut schedule = held(&entry.schedule);
        if !schedule.as_ref().is_some_and(wanted) {
            return;
        }
        table.open.remove(key);
        table.numbers.remove(&entry.number);
        let state = schedule.as_ref().map(|schedule| &schedule.state);
        let gone = GoneSchedule {
            key: key.clone(),
            request_id: state.map_or_else(String::new, |state| state.request_id.clone()),
        };
        let mut change = Chain::default();
        self.keep_gone_schedule(&mut change, &gone);
        table.gone.push_back(gone);
        let beyond = table.gone.len().saturating_sub(REMEMBERED);
        for forgotten in table.gone.drain(..beyond) {
            self.forget_gone_schedule(&mut change, &forgotten.key);
        }
        drop(change);
        held(&self.timers).clear(TimerKey::Schedule(entry.number));
        if let Some(schedule) = schedule.take() {
            self.directory
                .hide(&schedule.namespace, &schedule.state.run_id);
        }
    }
}

fn gone(how: Gone) -> Refusal {
    match how {
        Gone::NotFound => Refusal::not_found("schedule not found"),
        Gone::Completed => Refusal::already_completed(),
    }
}

fn taken(schedule_id: &str) -> Refusal {
    Refusal::AlreadyStarted {
        message: format!("schedule {schedule_id:?} is already registered"),
        start_request_id: String::new(),
        run_id: String::new(),
        first_execution_run_id: String::new(),
    }
}

fn newest(schedule: &ScheduleRef, run: &WorkflowExecution) -> Target {
    Target {
        namespace: schedule.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: String::new(),
    }
}

/// Another chain of the same workflow id is left alone.
fn check_chain(first_run_id: &str, run: &WorkflowExecution) -> Result<(), Refusal> {
    if first_run_id == run.run_id {
        Ok(())
    } else {
        Err(Refusal::not_found("workflow execution not found"))
    }
}
