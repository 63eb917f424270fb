//! Polls of workers: waiting for a task, and starting the run's task once one is there.
//!
//! A poll whose client has gone puts a task back that it was given but had not started.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::workflowservice::PollActivityTaskQueueResponse;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::entry::Entry;
use super::replies::{WorkflowTaskReply, activity_task};
use super::{Driver, held};
use crate::engine::matching::{Matching, Poller, QueueKey, TaskKind};
use crate::engine::surroundings::Namespace;

/// A task on its way to a worker. Whether it is still wanted is for its run to say.
#[derive(Debug, Clone)]
pub(super) enum Task {
    Workflow {
        entry: Arc<Entry>,
        serial: u64,
        stamp: u64,
        sticky: bool,
    },
    Activity {
        entry: Arc<Entry>,
        serial: u64,
        scheduled_event_id: i64,
        stamp: u64,
    },
    Query {
        entry: Arc<Entry>,
        serial: u64,
        id: String,
        sticky: bool,
    },
}

/// Queues, and the polls that wait at them.
#[derive(Debug, Default)]
pub(super) struct Queues {
    matching: Matching<Task>,
    waiting: HashMap<u64, oneshot::Sender<Task>>,
}

impl Queues {
    /// Gives a task to a poll, as long as there is one that is still there.
    fn hand_over(&mut self, key: &QueueKey, offered: Option<(u64, Task)>) {
        let mut offered = offered;
        while let Some((poll, task)) = offered {
            let refused = match self.waiting.remove(&poll) {
                Some(sender) => sender.send(task).err(),
                None => Some(task),
            };
            match refused {
                Some(task) => offered = self.matching.put_back(key.clone(), task),
                None => return,
            }
        }
    }
}

impl Driver {
    fn queue_key(namespace: &Namespace, name: &str, kind: TaskKind) -> QueueKey {
        QueueKey {
            namespace_id: namespace.id.as_str().into(),
            name: name.into(),
            kind,
        }
    }

    fn queues(&self, key: &QueueKey) -> std::sync::MutexGuard<'_, Queues> {
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
        stamp: u64,
    ) {
        let task = |sticky| Task::Workflow {
            entry: entry.clone(),
            serial,
            stamp,
            sticky,
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
        let offered = queues.matching.add(key.clone(), task);
        queues.hand_over(&key, offered);
    }

    /// Waits for a task of a queue; `None` after `wait`.
    async fn next_task(&self, key: &QueueKey, until: Instant) -> Option<Task> {
        let poll = self.next_serial();
        let (sender, receiver) = oneshot::channel();
        {
            let mut queues = self.queues(key);
            if let Some(task) = queues.matching.poll(key.clone(), poll) {
                return Some(task);
            }
            queues.waiting.insert(poll, sender);
        }
        let mut waiting = WaitingPoll {
            driver: self,
            key,
            poll,
            receiver,
        };
        tokio::time::timeout_at(until, &mut waiting.receiver)
            .await
            .ok()?
            .ok()
    }

    /// PollWorkflowTaskQueue.
    pub(crate) async fn poll_workflow_task(
        &self,
        namespace: &Namespace,
        queue: &str,
        identity: &str,
        wait: Duration,
    ) -> Option<WorkflowTaskReply> {
        let key = Self::queue_key(namespace, queue, TaskKind::Workflow);
        let until = Instant::now() + wait;
        self.queues(&key)
            .matching
            .saw_poller(key.clone(), identity, self.clock.real());
        let found = loop {
            let Some(task) = self.next_task(&key, until).await else {
                break None;
            };
            if let Some(reply) = self.start_polled(task, identity) {
                break Some(reply);
            }
        };
        self.queues(&key)
            .matching
            .saw_poller(key.clone(), identity, self.clock.real());
        found
    }

    fn start_polled(&self, task: Task, identity: &str) -> Option<WorkflowTaskReply> {
        match task {
            Task::Workflow {
                entry,
                serial,
                stamp,
                sticky,
            } => {
                let mut chain = entry.lock();
                let place = chain.place_of(serial)?;
                let (reply, effects) = self.in_context(|ctx| {
                    let run = &mut chain.cells[place].run;
                    // random in any case: how many polls a worker needs must not change the ids of runs
                    let request_id = uuid::Uuid::new_v4().to_string();
                    if !run.start_task(ctx, stamp, identity, request_id, sticky) {
                        return None;
                    }
                    WorkflowTaskReply::of_task(run, sticky)
                });
                let outbox = self.perform(&entry, &mut chain, place, effects);
                debug_assert!(outbox.is_empty(), "starting a task says nothing to others");
                reply
            }
            Task::Query {
                entry,
                serial,
                id,
                sticky,
            } => {
                let query = self.take_query(&id)?;
                let chain = entry.lock();
                let place = chain.place_of(serial)?;
                Some(WorkflowTaskReply::of_query(
                    &chain.cells[place].run,
                    &id,
                    query,
                    sticky,
                ))
            }
            Task::Activity { .. } => None,
        }
    }

    /// PollActivityTaskQueue.
    pub(crate) async fn poll_activity_task(
        &self,
        namespace: &Namespace,
        queue: &str,
        identity: &str,
        wait: Duration,
    ) -> Option<PollActivityTaskQueueResponse> {
        let key = Self::queue_key(namespace, queue, TaskKind::Activity);
        let until = Instant::now() + wait;
        self.queues(&key)
            .matching
            .saw_poller(key.clone(), identity, self.clock.real());
        loop {
            let task = self.next_task(&key, until).await?;
            if let Some(reply) = self.start_polled_activity(task, identity) {
                return Some(reply);
            }
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
        } = task
        else {
            return None;
        };
        let mut chain = entry.lock();
        let place = chain.place_of(serial)?;
        let (reply, effects) = self.in_context(|ctx| {
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
                    ..
                } => {
                    let normal = {
                        let chain = entry.lock();
                        chain
                            .place_of(serial)
                            .map(|place| chain.cells[place].run.start.task_queue.clone())
                    };
                    if let Some(normal) = normal {
                        self.add_workflow_task(&entry, serial, None, &normal, stamp);
                    }
                }
                Task::Query { id, .. } => self.query_goes_direct(&id),
                Task::Activity { .. } => {}
            }
        }
    }

    /// Who polls a queue, and how many tasks wait there.
    pub(crate) fn describe_queue(
        &self,
        namespace: &Namespace,
        name: &str,
        kind: TaskKind,
    ) -> (Vec<Poller>, usize) {
        let key = Self::queue_key(namespace, name, kind);
        self.queues(&key).matching.describe(&key, self.clock.real())
    }
}

/// A poll that waits. However it ends, no task is lost with it.
struct WaitingPoll<'a> {
    driver: &'a Driver,
    key: &'a QueueKey,
    poll: u64,
    receiver: oneshot::Receiver<Task>,
}

impl Drop for WaitingPoll<'_> {
    fn drop(&mut self) {
        let mut queues = self.driver.queues(self.key);
        queues.waiting.remove(&self.poll);
        queues.matching.cancel_poll(self.key, self.poll);
        self.receiver.close();
        if let Ok(task) = self.receiver.try_recv() {
            let offered = queues.matching.put_back(self.key.clone(), task);
            queues.hand_over(self.key, offered);
        }
    }
}
