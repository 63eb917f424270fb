//! A queue of workflow code: handlers feed it and the run function drains it, in the order in which things came.
//!
//! Nothing but the code of one run ever holds its mutex, and no code of users runs meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Starter,
    operation::{Begin, Value},
    wait::{Decode, Op, starter},
};

struct Items<T> {
    items: VecDeque<T>,
    /// No bound if not given.
    capacity: Option<usize>,
    /// Who waits for room, with what it brings; and who waits for something to come.
    senders: BTreeMap<u64, T>,
    receivers: BTreeSet<u64>,
    next_ticket: u64,
}

/// Carries values from one piece of workflow code to another, such as from signal handlers to the run function.
///
/// Keep it in the state. With a bound, [`send`](Self::send) waits for room; a bound of 0 makes each sender wait until
/// its value is taken. As everything in workflow code it works the same on replay, and it belongs to one run.
///
/// ```
/// use temporal_runtime::{Queue, prelude::*};
///
/// #[workflow]
/// #[derive(Default)]
/// struct Printer { jobs: Queue<String>, done: Vec<String> }
///
/// #[workflow]
/// impl Printer {
///     #[run]
///     async fn run(wf: &mut Wf<Self>, count: usize) -> Result<Vec<String>> {
///         while wf.done.len() < count {
///             let job = wf.execute(wf.jobs.receive()).await?;
///             wf.sleep(Duration::from_secs(60)).await?;
///             wf.done.push(job);
///         }
///         Ok(wf.done.clone())
///     }
///
///     #[signal]
///     fn print(&mut self, text: String) {
///         self.jobs.push(text);
///     }
/// }
/// ```
pub struct Queue<T>(Arc<Mutex<Items<T>>>);

fn lock<T>(items: &Mutex<Items<T>>) -> MutexGuard<'_, Items<T>> {
    // nothing panics while it is held
    items.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({})", self.len())
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Queue<T> {
    /// A queue without a bound.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A queue in which [`send`](Self::send) waits while so many values are in it; with 0 until its value is taken.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        Self::with(Some(capacity))
    }

    fn with(capacity: Option<usize>) -> Self {
        Self(Arc::new(Mutex::new(Items {
            items: VecDeque::new(),
            capacity,
            senders: BTreeMap::new(),
            receivers: BTreeSet::new(),
            next_ticket: 0,
        })))
    }

    /// Puts a value at the end, at once and whatever the bound is: a message that came must not be lost. It takes
    /// `&mut self`, so that a query cannot do it.
    pub fn push(&mut self, value: T) {
        lock(&self.0).items.push_back(value);
    }

    /// Takes the first value, if there is one and nobody waits for it. It takes `&mut self`, so that a query cannot do
    /// it.
    pub fn pop(&mut self) -> Option<T> {
        let mut items = lock(&self.0);
        if items.receivers.is_empty() {
            items.take()
        } else {
            None
        }
    }

    /// Describes a wait until there is room, and then puts the value at the end. Cancelled before, the value is dropped.
    pub fn send(&self, value: T) -> QueueSend<T> {
        QueueSend {
            items: self.0.clone(),
            value,
        }
    }

    /// Describes a wait for the next value; whoever waits longest gets it first.
    pub fn receive(&self) -> QueueReceive<T> {
        QueueReceive {
            items: self.0.clone(),
        }
    }

    /// How many values are in it, those of waiting senders not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.0).items.len()
    }

    /// Whether no value is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Items<T> {
    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|most| self.items.len() < most)
    }

    fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    /// The first value; what waited for its room moves up.
    fn take(&mut self) -> Option<T> {
        let waiting = |items: &mut Self| items.senders.pop_first().map(|(_, value)| value);
        let first = self.items.pop_front().or_else(|| waiting(self))?;
        while self.has_room()
            && let Some(value) = waiting(self)
        {
            self.items.push_back(value);
        }
        Some(first)
    }
}

/// A wait for room in a [`Queue`].
#[must_use = "nothing is sent until you pass it to `wf.execute`, `wf.join` or `wf.race`"]
pub struct QueueSend<T> {
    items: Arc<Mutex<Items<T>>>,
    value: T,
}

/// A wait for the next value of a [`Queue`].
#[must_use = "nobody waits until you pass it to `wf.execute`, `wf.join` or `wf.race`"]
pub struct QueueReceive<T> {
    items: Arc<Mutex<Items<T>>>,
}

impl<T> fmt::Debug for QueueSend<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueSend")
    }
}

impl<T> fmt::Debug for QueueReceive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueReceive")
    }
}

impl<W, T: Send + 'static> Op<W> for QueueSend<T> {
    type Output = ();
    type Handle = ();
    fn starter(self) -> Starter<W, ()> {
        starter(Decode::Any, move |_| {
            let sender = Sender::enter(self.items, self.value);
            Begin::Grant(
                "room in a queue",
                Box::new(move || sender.is_in().then_some(Value::Unit)),
            )
        })
    }
}

impl<W, T: Send + 'static> Op<W> for QueueReceive<T> {
    type Output = T;
    type Handle = ();
    fn starter(self) -> Starter<W, T> {
        starter(Decode::Any, move |_| {
            let receiver = Receiver::enter(self.items);
            Begin::Grant(
                "a value of a queue",
                Box::new(move || receiver.value().map(|value| Value::Any(Box::new(value)))),
            )
        })
    }
}

/// Waits for room, if there is none; its place goes with it.
struct Sender<T> {
    items: Arc<Mutex<Items<T>>>,
    ticket: u64,
}

impl<T> Sender<T> {
    fn enter(items: Arc<Mutex<Items<T>>>, value: T) -> Self {
        let ticket = {
            let mut items = lock(&items);
            let ticket = items.ticket();
            if items.has_room() && items.senders.is_empty() {
                items.items.push_back(value);
            } else {
                items.senders.insert(ticket, value);
            }
            ticket
        };
        Self { items, ticket }
    }

    fn is_in(&self) -> bool {
        !lock(&self.items).senders.contains_key(&self.ticket)
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let unsent = lock(&self.items).senders.remove(&self.ticket);
        // user code's value drops while nothing is held
        drop(unsent);
    }
}

/// Waits for a value; its place in the line goes with it.
struct Receiver<T> {
    items: Arc<Mutex<Items<T>>>,
    ticket: u64,
}

impl<T> Receiver<T> {
    fn enter(items: Arc<Mutex<Items<T>>>) -> Self {
        let ticket = {
            let mut items = lock(&items);
            let ticket = items.ticket();
            items.receivers.insert(ticket);
            ticket
        };
        Self { items, ticket }
    }

    fn value(&self) -> Option<T> {
        let mut items = lock(&self.items);
        if items.receivers.first() != Some(&self.ticket) {
            return None;
        }
        let value = items.take()?;
        items.receivers.remove(&self.ticket);
        Some(value)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        lock(&self.items).receivers.remove(&self.ticket);
    }
}
