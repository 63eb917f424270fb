//! Polls of workers: waiting for a task, and starting the run's task once one is there.
//!
//! A poll whose client has gone puts a task back that it was given but had not started.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::common::WorkerVersionStamp;
use temporal_protos::workflowservice::PollActivityTaskQueueResponse;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::entry::Entry;
use super::replies::{WorkflowTaskReply, activity_task};
use super::task::Task;
use super::{Driver, held};
use crate::engine::execution::workflow_task::Taker;
use crate::engine::matching::{Described, Level, Matching, Offer, Polled, QueueKey, TaskKind};
use crate::engine::refusal::Refusal;
use crate::engine::surroundings::Namespace;
use crate::engine::time::Time;

/// What a poll that waits is told.
#[derive(Debug)]
enum Told {
    Task(Task),
    /// There will be a task then, but not sooner.
    Again(Time),
    /// Its worker has gone.
    End,
}

/// A poll that waits.
#[derive(Debug)]
struct Waiting {
    tell: oneshot::Sender<Told>,
    /// The worker that polls, if it has said so.
    worker: String,
}

/// Queues, and the polls that wait at them.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) matching: Matching<Task>,
    waiting: HashMap<u64, Waiting>,
}

impl Queues {
    /// How many tasks wait for a poll, and polls for a task.
    pub(super) fn waiting_for(&self, kind: TaskKind) -> (usize, usize) {
        self.matching.waiting_for(kind)
    }

    /// Brings tasks and polls together, as far as the limit of the queue allows. To be called after every change.
    pub(super) fn settle(&mut self, key: &QueueKey, now: Time) {
        while let Some(offer) = self.matching.offer(key, now) {
            match offer {
                Offer::Task(poll, task) => {
                    let refused = match self.waiting.remove(&poll) {
                        Some(waiting) => waiting.tell.send(Told::Task(task)).err(),
                        None => Some(Told::Task(task)),
                    };
                    if let Some(Told::Task(task)) = refused {
                        self.matching.put_back(key.clone(), task.level(), task, now);
                    }
                }
                Offer::Again(poll, until) => {
                    let told = self.waiting.remove(&poll);
                    // One poll is enough: when it comes again, or goes, this is called again.
                    if told.is_some_and(|waiting| waiting.tell.send(Told::Again(until)).is_ok()) {
                        return;
                    }
                }
            }
        }
    }
}

/// Who polls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PollingWorker<'a> {
    pub(crate) identity: &'a str,
    /// Names the worker among those of its process; may be empty.
    pub(crate) instance: &'a str,
    /// The tasks a second that it wants of the queue at most.
    pub(crate) rate: Option<f64>,
    /// The build of its code, if it says so.
    pub(crate) build: Option<&'a WorkerVersionStamp>,
}

impl<'a> From<PollingWorker<'a>> for Taker<'a> {
    fn from(worker: PollingWorker<'a>) -> Self {
        Self {
            identity: worker.identity,
            build: worker.build,
        }
    }
}

/// A task for a worker, and what its queue says besides.
#[derive(Debug)]
pub(crate) struct PolledTask<T> {
    pub(crate) task: T,
    /// How many polls more, or fewer, the worker should have open.
    pub(crate) scaling: Option<i32>,
    /// How many tasks still wait.
    pub(crate) backlog: usize,
}

impl Driver {
    pub(super) fn queue_key(namespace: &Namespace, name: &str, kind: TaskKind) -> QueueKey {
        QueueKey {
            namespace_id: namespace.id.as_str().into(),
            name: name.into(),
            kind,
        }
    }

    pub(super) fn queues(&self, key: &QueueKey) -> std::sync::MutexGuard<'_, Queues> {
        // All queues of one name share a lock, so that a poll and a task meet.
        let place = key.name.bytes().fold(0_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        held(&self.queues[place % self.queues.len()])
    }

    /// Adds a workflow task: to the sticky queue if somebody is there, or else to the normal one.
    pub(super) fn add_workflow_task(
        &self,
        entry: &Arc<Entry>,
        serial: u64,
        sticky: Option<String>,
        normal: &str,
        (stamp, level): (u64, Level),
    ) {
        let task = |sticky| Task::Workflow {
            entry: entry.clone(),
            serial,
            stamp,
            sticky,
            level,
        };
        match sticky.filter(|name| self.has_recent_poller(&entry.namespace, name)) {
            Some(name) => self.add_task(&entry.namespace, &name, task(true)),
            None => self.add_task(&entry.namespace, normal, task(false)),
        }
    }

    /// Whether a worker is there for a sticky queue.
    pub(super) fn has_recent_poller(&self, namespace: &Namespace, name: &str) -> bool {
        let key = Self::queue_key(namespace, name, TaskKind::Workflow);
        self.queues(&key)
            .matching
            .has_recent_poller(&key, self.clock.real())
    }

    /// Whether a worker is there, or was of late, that could answer a query.
    pub(super) fn has_query_poller(&self, namespace: &Namespace, name: &str) -> bool {
        let key = Self::queue_key(namespace, name, TaskKind::Workflow);
        self.queues(&key)
            .matching
            .has_query_poller(&key, self.clock.real())
    }

    /// Adds a task to a queue, or gives it to a poll.
    pub(super) fn add_task(&self, namespace: &Namespace, queue: &str, task: Task) {
        let kind = match task {
            Task::Activity { .. } => TaskKind::Activity,
            Task::Workflow { .. } | Task::Query { .. } => TaskKind::Workflow,
        };
        let key = Self::queue_key(namespace, queue, kind);
        let mut queues = self.queues(&key);
        let now = self.clock.real();
        queues.matching.add(key.clone(), task.level(), task, now);
        queues.settle(&key, now);
    }

    /// Waits for a task of a queue; `None` after `until`, or when the worker has gone.
    async fn next_task(&self, key: &QueueKey, worker: &str, until: Instant) -> Option<Task> {
        loop {
            let poll = self.next_serial();
            let (tell, receiver) = oneshot::channel();
            let told = {
                let mut queues = self.queues(key);
                let now = self.clock.real();
                match queues.matching.poll(key.clone(), poll, now) {
                    Polled::Task(task) => {
                        queues.settle(key, now);
                        return Some(task);
                    }
                    Polled::Again(at) => Some(Told::Again(at)),
                    Polled::Waits => {
                        let worker = worker.to_owned();
                        queues.waiting.insert(poll, Waiting { tell, worker });
                        None
                    }
                }
            };
            let mut waiting = WaitingPoll {
                driver: self,
                key,
                poll,
                receiver,
            };
            // who leaves from here on finds the poll waiting
            if self.has_ended(worker) {
                return None;
            }
            let told = match told {
                Some(told) => told,
                None => tokio::time::timeout_at(until, &mut waiting.receiver)
                    .await
                    .ok()?
                    .ok()?,
            };
            match told {
                Told::Task(task) => return Some(task),
                Told::End => return None,
                Told::Again(at) => {
                    let pause = at.since(self.clock.real());
                    tokio::time::timeout_at(until, tokio::time::sleep(pause))
                        .await
                        .ok()?;
                }
            }
        }
    }

    /// Polls until a task is there that is still wanted.
    async fn poll<T>(
        &self,
        key: &QueueKey,
        worker: PollingWorker<'_>,
        wait: Duration,
        start: impl Fn(Task) -> Option<T>,
    ) -> Option<PolledTask<T>> {
        let (began, until) = (Instant::now(), Instant::now() + wait);
        let saw = || {
            let now = self.clock.real();
            let mut queues = self.queues(key);
            queues
                .matching
                .saw_poller(key.clone(), worker.identity, worker.rate, now);
        };
        if self.has_ended(worker.instance) {
            return None;
        }
        saw();
        let found = loop {
            let Some(task) = self.next_task(key, worker.instance, until).await else {
                break None;
            };
            if let Some(task) = start(task) {
                break Some(task);
            }
        };
        if self.has_ended(worker.instance) {
            // its queue is not to look polled, or tasks would wait for it there
            return found.map(|task| PolledTask {
                task,
                scaling: None,
                backlog: 0,
            });
        }
        saw();
        let task = found?;
        let mut queues = self.queues(key);
        let now = self.clock.real();
        Some(PolledTask {
            task,
            scaling: queues.matching.suggest(key, began.elapsed(), now),
            backlog: queues.matching.backlog(key),
        })
    }

    /// PollWorkflowTaskQueue. Everything that the answer tells of is stored by then, but for the start of the task itself,
    /// whose commit is still to come: a task whose start was lost is given to a worker again.
    pub(crate) async fn poll_workflow_task(
        &self,
        namespace: &Namespace,
        queue: &str,
        worker: PollingWorker<'_>,
        wait: Duration,
    ) -> Result<Option<PolledTask<WorkflowTaskReply>>, Refusal> {
        let key = Self::queue_key(namespace, queue, TaskKind::Workflow);
        let polled = self
            .poll(&key, worker, wait, |task| self.start_polled(task, worker))
            .await;
        let Some(polled) = polled else {
            return Ok(None);
        };
        let (task, told_of) = polled.task;
        self.settled_up_to(told_of).await?;
        Ok(Some(PolledTask {
            task,
            scaling: polled.scaling,
            backlog: polled.backlog,
        }))
    }

    /// PollActivityTaskQueue.
    pub(crate) async fn poll_activity_task(
        &self,
        namespace: &Namespace,
        queue: &str,
        worker: PollingWorker<'_>,
        wait: Duration,
    ) -> Option<PolledTask<PollActivityTaskQueueResponse>> {
        let key = Self::queue_key(namespace, queue, TaskKind::Activity);
        self.poll(&key, worker, wait, |task| {
            self.start_polled_activity(task, worker.identity)
        })
        .await
    }

    /// Starts a task: for its worker, and the place in line of the last change that the answer tells of.
    fn start_polled(
        &self,
        task: Task,
        worker: PollingWorker<'_>,
    ) -> Option<(WorkflowTaskReply, u64)> {
        match task {
            Task::Workflow {
                entry,
                serial,
                stamp,
                sticky,
                ..
            } => {
                let mut chain = entry.lock();
                let place = chain.place_of_present(serial)?;
                let told_of = chain.cells[place].kept_at;
                let ahead = chain.cells[place].run.time_skipping.ahead;
                let (reply, effects) = self.in_context_of(ahead, |ctx| {
                    let run = &mut chain.cells[place].run;
                    // random in any case: how many polls a worker needs must not change the ids of runs
                    let request_id = uuid::Uuid::new_v4().to_string();
                    if !run.start_task(ctx, stamp, worker, request_id, sticky) {
                        return None;
                    }
                    WorkflowTaskReply::of_task(run, sticky)
                });
                let outbox = self.perform(&entry, &mut chain, place, effects);
                debug_assert!(outbox.is_empty(), "starting a task says nothing to others");
                Some((reply?, told_of))
            }
            Task::Query {
                entry,
                serial,
                id,
                sticky,
            } => {
                let query = self.take_query(&id)?;
                let mut chain = entry.lock();
                let place = chain.place_of(serial)?;
                chain.read_back(place).ok()?;
                let cell = &chain.cells[place];
                let reply = WorkflowTaskReply::of_query(&cell.run, &id, query, sticky);
                Some((reply, cell.kept_at))
            }
            Task::Activity { .. } => None,
        }
    }

    fn start_polled_activity(
        &self,
        task: Task,
        identity: &str,
    ) -> Option<PollActivityTaskQueueResponse> {
        let Task::Activity {
            entry,
            serial,
            scheduled_event_id,
            stamp,
            ..
        } = task
        else {
            return None;
        };
        let mut chain = entry.lock();
        let place = chain.place_of_present(serial)?;
        let ahead = chain.cells[place].run.time_skipping.ahead;
        let (reply, effects) = self.in_context_of(ahead, |ctx| {
            let run = &mut chain.cells[place].run;
            let started = run.start_activity(ctx, scheduled_event_id, stamp, identity)?;
            Some(activity_task(run, &started))
        });
        let outbox = self.perform(&entry, &mut chain, place, effects);
        debug_assert!(
            outbox.is_empty(),
            "starting an activity says nothing to others"
        );
        reply
    }

    /// A worker leaves: its sticky queue is given up, and what waits there goes to the normal queues.
    pub(crate) fn drop_sticky_queue(&self, namespace: &Namespace, name: &str) {
        let key = Self::queue_key(namespace, name, TaskKind::Workflow);
        let left = self.queues(&key).matching.drop_queue(&key);
        for task in left {
            match task {
                Task::Workflow {
                    entry,
                    serial,
                    stamp,
                    level,
                    ..
                } => {
                    let normal = {
                        let chain = entry.lock();
                        chain
                            .place_of_present(serial)
                            .map(|place| chain.cells[place].run.start.task_queue.clone())
                    };
                    if let Some(normal) = normal {
                        self.add_workflow_task(&entry, serial, None, &normal, (stamp, level));
                    }
                }
                Task::Query { id, .. } => self.query_goes_direct(&id),
                Task::Activity { .. } => {}
            }
        }
    }

    /// Who polls a queue, what waits there and how much goes through.
    pub(crate) fn describe_queue(
        &self,
        namespace: &Namespace,
        name: &str,
        kind: TaskKind,
    ) -> Described {
        let key = Self::queue_key(namespace, name, kind);
        self.queues(&key).matching.describe(&key, self.clock.real())
    }

    /// A worker has said that it leaves this queue: its description names it no more.
    pub(crate) fn forget_poller(&self, namespace: &Namespace, name: &str, identity: &str) {
        for kind in [TaskKind::Workflow, TaskKind::Activity] {
            let key = Self::queue_key(namespace, name, kind);
            self.queues(&key).matching.forget_poller(&key, identity);
        }
    }

    /// Ends the polls of a worker: their answers are empty.
    pub(super) fn end_polls_of(&self, worker: &str) {
        for queues in &self.queues {
            let mut queues = held(queues);
            let gone = queues
                .waiting
                .extract_if(|_, waiting| waiting.worker == worker);
            for (_, waiting) in gone {
                // A poll that has just gone needs no end; its place in the queue goes with it.
                drop(waiting.tell.send(Told::End));
            }
        }
    }
}

/// A poll that waits. However it ends, no task is lost with it, and none is kept waiting for it.
struct WaitingPoll<'a> {
    driver: &'a Driver,
    key: &'a QueueKey,
    poll: u64,
    receiver: oneshot::Receiver<Told>,
}

impl Drop for WaitingPoll<'_> {
    fn drop(&mut self) {
        let now = self.driver.clock.real();
        let mut queues = self.driver.queues(self.key);
        queues.waiting.remove(&self.poll);
        queues.matching.cancel_poll(self.key, self.poll);
        self.receiver.close();
        if let Ok(Told::Task(task)) = self.receiver.try_recv() {
            queues
                .matching
                .put_back(self.key.clone(), task.level(), task, now);
        }
        queues.settle(self.key, now);
    }
}
