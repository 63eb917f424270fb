//! Task queues: tasks that wait for polls, and polls that wait for tasks. Never waits itself, and knows nothing of
//! what a task is about: whether it is still wanted is asked of the run when a poll takes it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::time::Time;

/// A sticky queue that nobody has polled for so long counts as abandoned.
const STICKY_POLLER_AGE: Duration = Duration::from_secs(10);
/// With nobody at a queue for so long, who asks a query of it is told so.
const QUERY_POLLER_AGE: Duration = Duration::from_secs(20);
/// How many recent pollers a queue remembers, for its description.
const POLLERS_KEPT: usize = 100;
/// A poller that has not been seen for so long is forgotten.
const POLLER_AGE: Duration = Duration::from_secs(300);

/// What a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TaskKind {
    Workflow,
    Activity,
}

/// One task queue of one namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueKey {
    pub(crate) namespace_id: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: TaskKind,
}

/// Task queues. `T` is a task.
#[derive(Debug)]
pub(crate) struct Matching<T> {
    queues: BTreeMap<QueueKey, Queue<T>>,
}

impl<T> Default for Matching<T> {
    fn default() -> Self {
        Self {
            queues: BTreeMap::new(),
        }
    }
}

#[derive(Debug)]
struct Queue<T> {
    tasks: VecDeque<T>,
    polls: VecDeque<u64>,
    last_poll: Option<Time>,
    pollers: Vec<Poller>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            tasks: VecDeque::new(),
            polls: VecDeque::new(),
            last_poll: None,
            pollers: Vec::new(),
        }
    }
}

/// Somebody who has polled a queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Poller {
    pub(crate) identity: String,
    pub(crate) last_access: Time,
}

impl<T> Matching<T> {
    /// Offers a task: to the poll that has waited longest, which is returned, or to the end of the queue.
    pub(crate) fn add(&mut self, key: QueueKey, task: T) -> Option<(u64, T)> {
        let queue = self.queues.entry(key).or_default();
        match queue.polls.pop_front() {
            Some(poll) => Some((poll, task)),
            None => {
                queue.tasks.push_back(task);
                None
            }
        }
    }

    /// Puts a task back that a poll had been given but could not take: to the head of its queue.
    pub(crate) fn put_back(&mut self, key: QueueKey, task: T) -> Option<(u64, T)> {
        let queue = self.queues.entry(key).or_default();
        match queue.polls.pop_front() {
            Some(poll) => Some((poll, task)),
            None => {
                queue.tasks.push_front(task);
                None
            }
        }
    }

    /// Takes the first task; without one, the poll waits under its number.
    pub(crate) fn poll(&mut self, key: QueueKey, poll: u64) -> Option<T> {
        let queue = self.queues.entry(key).or_default();
        let task = queue.tasks.pop_front();
        if task.is_none() {
            queue.polls.push_back(poll);
        }
        task
    }

    /// Remembers that somebody polls this queue, and for how long at least.
    pub(crate) fn saw_poller(&mut self, key: QueueKey, identity: &str, now: Time) {
        let queue = self.queues.entry(key).or_default();
        queue.last_poll = Some(now);
        match queue
            .pollers
            .iter_mut()
            .find(|poller| poller.identity == identity)
        {
            Some(poller) => poller.last_access = now,
            None => {
                if queue.pollers.len() >= POLLERS_KEPT {
                    queue.pollers.remove(0);
                }
                queue.pollers.push(Poller {
                    identity: identity.into(),
                    last_access: now,
                });
            }
        }
    }

    /// A poll ended without a task.
    pub(crate) fn cancel_poll(&mut self, key: &QueueKey, poll: u64) {
        if let Some(queue) = self.queues.get_mut(key) {
            queue.polls.retain(|waiting| *waiting != poll);
        }
    }

    /// Whether somebody waits at this sticky queue, or did a moment ago.
    pub(crate) fn has_recent_poller(&self, key: &QueueKey, now: Time) -> bool {
        self.has_polled_within(key, now, STICKY_POLLER_AGE)
    }

    /// Whether somebody waits at this queue who could answer a query, or did not long ago.
    pub(crate) fn has_query_poller(&self, key: &QueueKey, now: Time) -> bool {
        self.has_polled_within(key, now, QUERY_POLLER_AGE)
    }

    fn has_polled_within(&self, key: &QueueKey, now: Time, age: Duration) -> bool {
        self.queues.get(key).is_some_and(|queue| {
            !queue.polls.is_empty() || queue.last_poll.is_some_and(|seen| now.since(seen) < age)
        })
    }

    /// Forgets a queue and who polled it; its tasks come back, to go elsewhere.
    pub(crate) fn drop_queue(&mut self, key: &QueueKey) -> Vec<T> {
        self.queues
            .remove(key)
            .map(|queue| queue.tasks.into())
            .unwrap_or_default()
    }

    /// Who polled of late, and how many tasks wait.
    pub(crate) fn describe(&self, key: &QueueKey, now: Time) -> (Vec<Poller>, usize) {
        let Some(queue) = self.queues.get(key) else {
            return (Vec::new(), 0);
        };
        let pollers = queue
            .pollers
            .iter()
            .filter(|p| now.since(p.last_access) < POLLER_AGE)
            .cloned()
            .collect();
        (pollers, queue.tasks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> QueueKey {
        QueueKey {
            namespace_id: "ns".into(),
            name: name.into(),
            kind: TaskKind::Workflow,
        }
    }

    #[test]
    fn a_task_goes_to_the_poll_that_has_waited_longest() {
        let mut matching = Matching::default();
        assert_eq!(matching.poll(key("q"), 1), None);
        assert_eq!(matching.poll(key("q"), 2), None);
        assert_eq!(matching.add(key("q"), "a"), Some((1, "a")));
        assert_eq!(matching.add(key("other"), "b"), None);
        assert_eq!(matching.add(key("q"), "c"), Some((2, "c")));
        assert_eq!(matching.add(key("q"), "d"), None);
        assert_eq!(matching.poll(key("q"), 3), Some("d"));
    }

    #[test]
    fn a_task_put_back_is_the_next_one() {
        let mut matching = Matching::default();
        matching.add(key("q"), "a");
        matching.add(key("q"), "b");
        let task = matching.poll(key("q"), 1).unwrap();
        assert_eq!(matching.put_back(key("q"), task), None);
        assert_eq!(matching.poll(key("q"), 2), Some("a"));
    }

    #[test]
    fn a_cancelled_poll_is_given_nothing() {
        let mut matching = Matching::default();
        matching.poll(key("q"), 1);
        matching.cancel_poll(&key("q"), 1);
        assert_eq!(matching.add(key("q"), "a"), None);
    }

    #[test]
    fn rule_42_a_sticky_queue_needs_a_poll_within_ten_seconds() {
        let mut matching: Matching<&str> = Matching::default();
        let start = Time::from_nanos(0);
        assert!(!matching.has_recent_poller(&key("s"), start));
        matching.saw_poller(key("s"), "w", start);
        assert!(matching.has_recent_poller(&key("s"), start.plus(Duration::from_secs(9))));
        assert!(!matching.has_recent_poller(&key("s"), start.plus(Duration::from_secs(10))));
    }
}
