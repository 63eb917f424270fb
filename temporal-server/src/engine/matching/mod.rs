//! Task queues: tasks that wait for polls, and polls that wait for tasks. Never waits itself, and knows nothing of
//! what a task is about: whether it is still wanted is asked of the run when a poll takes it.

mod backlog;
mod rate;
mod saved;
mod scaling;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use backlog::Level;
pub(crate) use rate::{LimitConfig, LimitSource};
pub(crate) use saved::StoredLimit;

use super::time::Time;
use backlog::Backlog;
use rate::{Limit, Rate};
use scaling::Scaling;

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
    tasks: Backlog<T>,
    polls: VecDeque<u64>,
    last_poll: Option<Time>,
    pollers: Vec<Poller>,
    limit: Limit,
    added: Rate,
    dispatched: Rate,
    scaling: Scaling,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            tasks: Backlog::default(),
            polls: VecDeque::new(),
            last_poll: None,
            pollers: Vec::new(),
            limit: Limit::default(),
            added: Rate::default(),
            dispatched: Rate::default(),
            scaling: Scaling::default(),
        }
    }
}

/// Somebody who has polled a queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Poller {
    pub(crate) identity: String,
    pub(crate) last_access: Time,
    /// The tasks a second that it wants of the queue at most.
    pub(crate) rate: Option<f64>,
}

/// What a poll is answered at once.
#[derive(Debug, PartialEq)]
pub(crate) enum Polled<T> {
    Task(T),
    /// It waits under its number.
    Waits,
    /// There is a task, but the queue gives none before that time. The poll does not wait: it must come again.
    Again(Time),
}

/// What a task, or the time, brings to a poll that waits.
#[derive(Debug, PartialEq)]
pub(crate) enum Offer<T> {
    Task(u64, T),
    /// The poll with this number no longer waits, and must come again at that time.
    Again(u64, Time),
}

/// What is told of a queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Described {
    pub(crate) pollers: Vec<Poller>,
    pub(crate) backlog: usize,
    /// How long its oldest task has waited.
    pub(crate) backlog_age: Duration,
    /// Tasks a second, of late.
    pub(crate) add_rate: f32,
    pub(crate) dispatch_rate: f32,
    /// The limit that holds, and whether it was set by a request.
    pub(crate) limit: Option<(f64, LimitSource)>,
    /// What requests have set.
    pub(crate) config: Option<LimitConfig>,
    /// Whether the limit keeps tasks back now.
    pub(crate) is_limited: bool,
}

impl<T> Matching<T> {
    /// Adds a task to its queue, behind those of its level. What it leads to is to be asked for with
    /// [`Matching::offer`].
    pub(crate) fn add(&mut self, key: QueueKey, level: Level, task: T, now: Time) {
        let queue = self.queues.entry(key).or_default();
        queue.added.count(now);
        queue.tasks.push_back(level, task, now);
    }

    /// Puts a task back that a poll had been given but could not take: before those of its level.
    pub(crate) fn put_back(&mut self, key: QueueKey, level: Level, task: T, now: Time) {
        let queue = self.queues.entry(key).or_default();
        queue.tasks.push_front(level, task, now);
    }

    /// The next thing to tell a poll that waits: to be asked for after every change, until there is nothing.
    pub(crate) fn offer(&mut self, key: &QueueKey, now: Time) -> Option<Offer<T>> {
        let queue = self.queues.get_mut(key)?;
        if queue.tasks.is_empty() {
            return None;
        }
        let poll = queue.polls.pop_front()?;
        match queue.take(now) {
            Ok(task) => Some(Offer::Task(poll, task)),
            Err(until) => Some(Offer::Again(poll, until)),
        }
    }

    /// Takes the first task; without one, the poll waits under its number.
    pub(crate) fn poll(&mut self, key: QueueKey, poll: u64, now: Time) -> Polled<T> {
        let queue = self.queues.entry(key).or_default();
        if queue.tasks.is_empty() {
            queue.polls.push_back(poll);
            return Polled::Waits;
        }
        match queue.take(now) {
            Ok(task) => Polled::Task(task),
            Err(until) => Polled::Again(until),
        }
    }

    /// Remembers that somebody polls this queue, and how much it wants of it at most.
    pub(crate) fn saw_poller(
        &mut self,
        key: QueueKey,
        identity: &str,
        rate: Option<f64>,
        now: Time,
    ) {
        let queue = self.queues.entry(key).or_default();
        queue.last_poll = Some(now);
        if rate.is_some() {
            queue.limit.wanted_by_workers(rate);
        }
        match queue
            .pollers
            .iter_mut()
            .find(|poller| poller.identity == identity)
        {
            Some(poller) => {
                poller.last_access = now;
                poller.rate = rate.or(poller.rate);
            }
            None => {
                if queue.pollers.len() >= POLLERS_KEPT {
                    queue.pollers.remove(0);
                }
                queue.pollers.push(Poller {
                    identity: identity.into(),
                    last_access: now,
                    rate,
                });
            }
        }
    }

    /// A poller has said that it leaves.
    pub(crate) fn forget_poller(&mut self, key: &QueueKey, identity: &str) {
        if let Some(queue) = self.queues.get_mut(key) {
            queue.pollers.retain(|poller| poller.identity != identity);
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
        let queue = self.queues.remove(key);
        let tasks = queue.map(|queue| queue.tasks).unwrap_or_default();
        tasks.into_tasks()
    }

    /// Sets, or takes away, the limit of a queue. Returns what is set now.
    pub(crate) fn configure(&mut self, key: QueueKey, change: LimitConfig) -> LimitConfig {
        self.queues.entry(key).or_default().limit.configure(change)
    }

    /// Takes away what requests have set of the queues of a namespace. Returns the names of these queues.
    pub(crate) fn forget_limits(&mut self, namespace_id: &str) -> Vec<Arc<str>> {
        let queues = self.queues.iter_mut();
        queues
            .filter(|(key, _)| *key.namespace_id == *namespace_id)
            .filter_map(|(key, queue)| queue.limit.forget().then(|| key.name.clone()))
            .collect()
    }

    /// How many polls more, or fewer, the worker should have open whose poll has just been given a task after so long.
    pub(crate) fn suggest(&mut self, key: &QueueKey, waited: Duration, now: Time) -> Option<i32> {
        let queue = self.queues.get_mut(key)?;
        let age = queue.backlog_age(now);
        queue.scaling.suggest(waited, age, now)
    }

    /// How many tasks wait.
    pub(crate) fn backlog(&self, key: &QueueKey) -> usize {
        self.queues.get(key).map_or(0, |queue| queue.tasks.len())
    }

    /// How many tasks wait for a poll, and polls for a task, in all queues of a kind.
    pub(crate) fn waiting_for(&self, kind: TaskKind) -> (usize, usize) {
        let queues = self.queues.iter().filter(|(key, _)| key.kind == kind);
        queues.fold((0, 0), |(tasks, polls), (_, queue)| {
            (tasks + queue.tasks.len(), polls + queue.polls.len())
        })
    }

    /// Who polled of late, what waits, and how much goes through.
    pub(crate) fn describe(&mut self, key: &QueueKey, now: Time) -> Described {
        let nothing = Queue::default();
        let queue = self.queues.get(key).unwrap_or(&nothing);
        let pollers = queue.pollers.iter();
        Described {
            pollers: pollers
                .filter(|p| now.since(p.last_access) < POLLER_AGE)
                .cloned()
                .collect(),
            backlog: queue.tasks.len(),
            backlog_age: queue.backlog_age(now).unwrap_or_default(),
            add_rate: queue.added.per_second(now),
            dispatch_rate: queue.dispatched.per_second(now),
            limit: queue.limit.effective(),
            config: queue.limit.config().cloned(),
            is_limited: !queue.tasks.is_empty() && queue.limit.blocks(now),
        }
    }
}

impl<T> Queue<T> {
    /// Takes the first task, if the limit lets one go now.
    fn take(&mut self, now: Time) -> Result<T, Time> {
        self.limit.take(now)?;
        self.dispatched.count(now);
        Ok(self.tasks.pop().expect("there is one"))
    }

    fn backlog_age(&self, now: Time) -> Option<Duration> {
        let since = self.tasks.oldest_since();
        since.map(|since| now.since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::from_nanos(1_000_000_000_000);

    fn key(name: &str) -> QueueKey {
        QueueKey {
            namespace_id: "ns".into(),
            name: name.into(),
            kind: TaskKind::Workflow,
        }
    }

    fn add(
        matching: &mut Matching<&'static str>,
        name: &str,
        task: &'static str,
    ) -> Option<Offer<&'static str>> {
        matching.add(key(name), Level::default(), task, START);
        matching.offer(&key(name), START)
    }

    #[test]
    fn a_task_goes_to_the_poll_that_has_waited_longest() {
        let mut matching = Matching::default();
        assert_eq!(matching.poll(key("q"), 1, START), Polled::Waits);
        assert_eq!(matching.poll(key("q"), 2, START), Polled::Waits);
        assert_eq!(add(&mut matching, "q", "a"), Some(Offer::Task(1, "a")));
        assert_eq!(add(&mut matching, "other", "b"), None);
        assert_eq!(add(&mut matching, "q", "c"), Some(Offer::Task(2, "c")));
        assert_eq!(add(&mut matching, "q", "d"), None);
        assert_eq!(matching.poll(key("q"), 3, START), Polled::Task("d"));
    }

    #[test]
    fn a_task_put_back_is_the_next_one() {
        let mut matching = Matching::default();
        add(&mut matching, "q", "a");
        add(&mut matching, "q", "b");
        assert_eq!(matching.poll(key("q"), 1, START), Polled::Task("a"));
        matching.put_back(key("q"), Level::default(), "a", START);
        assert_eq!(matching.offer(&key("q"), START), None);
        assert_eq!(matching.poll(key("q"), 2, START), Polled::Task("a"));
    }

    #[test]
    fn a_cancelled_poll_is_given_nothing() {
        let mut matching = Matching::default();
        matching.poll(key("q"), 1, START);
        matching.cancel_poll(&key("q"), 1);
        assert_eq!(add(&mut matching, "q", "a"), None);
    }

    #[test]
    fn rule_42_a_sticky_queue_needs_a_poll_within_ten_seconds() {
        let mut matching: Matching<&str> = Matching::default();
        assert!(!matching.has_recent_poller(&key("s"), START));
        matching.saw_poller(key("s"), "w", None, START);
        assert!(matching.has_recent_poller(&key("s"), START.plus(Duration::from_secs(9))));
        assert!(!matching.has_recent_poller(&key("s"), START.plus(Duration::from_secs(10))));
    }

    #[test]
    fn rule_8_a_worker_that_leaves_is_described_no_more() {
        let mut matching: Matching<&str> = Matching::default();
        for identity in ["stays", "leaves"] {
            matching.saw_poller(key("q"), identity, None, START);
        }
        matching.forget_poller(&key("q"), "leaves");
        matching.forget_poller(&key("unknown"), "leaves");
        let described = matching.describe(&key("q"), START);
        let names = described.pollers.iter().map(|poller| &*poller.identity);
        assert_eq!(names.collect::<Vec<_>>(), ["stays"]);
    }

    #[test]
    fn a_limited_queue_tells_polls_when_to_come_again() {
        let mut matching = Matching::default();
        matching.saw_poller(key("q"), "w", Some(1.0), START);
        matching.poll(key("q"), 1, START);
        matching.poll(key("q"), 2, START);
        assert_eq!(add(&mut matching, "q", "a"), Some(Offer::Task(1, "a")));
        let then = START.plus(Duration::from_secs(1));
        assert_eq!(add(&mut matching, "q", "b"), Some(Offer::Again(2, then)));
        assert_eq!(matching.poll(key("q"), 3, START), Polled::Again(then));
        assert!(matching.describe(&key("q"), START).is_limited);
        assert_eq!(matching.poll(key("q"), 2, then), Polled::Task("b"));
        assert_eq!(matching.poll(key("q"), 3, then), Polled::Waits);
    }

    #[test]
    fn what_waits_is_described() {
        let mut matching = Matching::default();
        for task in ["a", "b", "c"] {
            add(&mut matching, "q", task);
        }
        matching.poll(key("q"), 1, START);
        let later = START.plus(Duration::from_secs(10));
        let described = matching.describe(&key("q"), later);
        assert_eq!(
            (described.backlog, described.backlog_age),
            (2, Duration::from_secs(10))
        );
        assert!(described.add_rate > described.dispatch_rate && described.dispatch_rate > 0.0);
        assert_eq!(matching.backlog(&key("q")), 2);
    }
}
